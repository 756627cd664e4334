//! Writing a whole document over a row, but for some attributes that the row keeps.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use crate::item::Item;

/// Sets every attribute of the item except that those in `kept` stay as the row has them, and removes those in
/// `optional` that the item does not have.
pub(super) fn overwrite(
    mut call: UpdateItemFluentBuilder,
    item: Item,
    kept: &[&str],
    optional: &[&str],
) -> UpdateItemFluentBuilder {
    let (mut sets, mut removes) = (Vec::new(), Vec::new());
    // Names such as `token` and `locale` are reserved words, so all stand behind a placeholder.
    for name in optional.iter().filter(|name| !item.contains_key(**name)) {
        call = call.expression_attribute_names(format!("#{name}"), *name);
        removes.push(format!("#{name}"));
    }
    for (name, value) in item {
        sets.push(if kept.contains(&name.as_str()) {
            format!("#{name} = if_not_exists(#{name}, :{name})")
        } else {
            format!("#{name} = :{name}")
        });
        call = call
            .expression_attribute_names(format!("#{name}"), &name)
            .expression_attribute_values(format!(":{name}"), value);
    }
    let mut expression = format!("SET {}", sets.join(", "));
    if !removes.is_empty() {
        expression.push_str(" REMOVE ");
        expression.push_str(&removes.join(", "));
    }
    call.update_expression(expression)
}
