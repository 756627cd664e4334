//! `{{ n | plural(one="# message", other="# messages") }}`: the form that a language has for a number, by CLDR.

use fixed_decimal::Decimal;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, State, UndefinedBehavior, Value};

use crate::bounded::weight;
use crate::environment::{DEFAULT_LANGUAGE, MAX_RENDERED};

/// The names that CLDR has for forms.
const FORMS: [(&str, PluralCategory); 6] = [
    ("zero", PluralCategory::Zero),
    ("one", PluralCategory::One),
    ("two", PluralCategory::Two),
    ("few", PluralCategory::Few),
    ("many", PluralCategory::Many),
    ("other", PluralCategory::Other),
];

/// The filter for texts of one language. What is no number, and every number of a language without rules,
/// is `other`.
pub(crate) fn filter(
    language: &str,
) -> impl Fn(&State<'_, '_>, &Value, Kwargs) -> Result<String, Error> + Send + Sync + 'static {
    let language = language.to_owned();
    move |state, number, forms| {
        let other: &str = forms.get("other")?;
        let mut given = Vec::new();
        for (name, category) in FORMS {
            given.extend(forms.get::<Option<&str>>(name)?.map(|form| (category, form)));
        }
        forms.assert_all_used()?;
        if number.is_undefined() && state.undefined_behavior() != UndefinedBehavior::Chainable {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        let too_long = || Error::new(ErrorKind::InvalidOperation, "the result is too long");
        if weight(number, MAX_RENDERED) > MAX_RENDERED {
            return Err(too_long());
        }
        let shown = number.to_string();
        let category = category(&language, &shown).unwrap_or(PluralCategory::Other);
        let form = given.iter().find(|(of, _)| *of == category).map_or(other, |(_, form)| *form);
        if form.len() + form.matches('#').count() * shown.len() > MAX_RENDERED {
            return Err(too_long());
        }
        Ok(form.replace('#', &shown))
    }
}

/// For the rules `1` and `1.0` are not the same, so a number is read as it is shown. What is none (`a dozen`) has no
/// category.
fn category(language: &str, number: &str) -> Option<PluralCategory> {
    let number = Decimal::try_from_str(number.trim()).ok()?;
    let locale = Locale::try_from_str(language).or_else(|_| Locale::try_from_str(DEFAULT_LANGUAGE)).ok()?;
    let rules = PluralRules::try_new_cardinal(locale.into()).ok()?;
    Some(rules.category_for(&number))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::environment;

    fn said(language: &str, template: &str, number: Value) -> Result<String, minijinja::Error> {
        environment(language, false).render_str(template, json!({"n": number}))
    }

    #[test]
    fn each_language_has_its_forms() {
        let all =
            r#"{{ n | plural(zero="zero", one="one", two="two", few="few", many="many", other="other") }}"#;
        let table = [
            ("en", json!(1), "one"),
            ("en", json!(0), "other"),
            ("en", json!(1.0), "other"),
            ("en", json!("1"), "one"),
            ("en-GB", json!(1), "one"),
            ("de-CH", json!(1), "one"),
            ("de", json!(1.5), "other"),
            ("fr", json!(0), "one"),
            ("fr", json!(1.5), "one"),
            ("pl", json!(1), "one"),
            ("pl", json!(2), "few"),
            ("pl", json!(5), "many"),
            ("pl", json!(22), "few"),
            ("pl", json!(1.5), "other"),
            ("ar", json!(0), "zero"),
            ("ar", json!(2), "two"),
            ("ar", json!(3), "few"),
            ("ar", json!(11), "many"),
            ("ar", json!(100), "other"),
            ("ja", json!(1), "other"),
            ("en", json!(-1), "one"),
            // A tag that is well-formed and no language has the rules of none; one that is not has English's.
            ("xyz", json!(1), "other"),
            ("x", json!(1), "one"),
        ];
        for (language, number, form) in table {
            assert_eq!(said(language, all, number.clone()).unwrap(), form, "{language} {number}");
        }
    }

    #[test]
    fn the_number_stands_where_its_sign_is_and_a_form_that_is_left_out_is_other() {
        let messages = "{{ n | plural(one='# message (#)', other='# messages') }}";
        assert_eq!(said("en", messages, json!(1)).unwrap(), "1 message (1)");
        assert_eq!(said("en", messages, json!(12)).unwrap(), "12 messages");
        assert_eq!(said("pl", messages, json!(2)).unwrap(), "2 messages");
        assert_eq!(said("en", messages, json!(2.5)).unwrap(), "2.5 messages");
        assert_eq!(said("en", messages, json!("a dozen")).unwrap(), "a dozen messages");
    }

    #[test]
    fn what_is_written_wrongly_is_an_error() {
        let messages = "{{ n | plural(one='#', other='#') }}";
        let unknown = said("en", "{{ n | plural(single='#', other='#') }}", json!(1));
        assert!(unknown.is_err(), "no such form");
        assert!(said("en", "{{ n | plural(one='#') }}", json!(1)).is_err(), "`other` is needed");
        let missing = environment("en", false).render_str(messages, json!({})).unwrap_err();
        assert_eq!(missing.kind(), minijinja::ErrorKind::UndefinedError);
    }

    #[test]
    fn what_is_in_the_number_and_the_forms_is_escaped_in_html() {
        let template = r#"{{ n | plural(one=who ~ " <b>", other=who) }}"#;
        let html = environment("en", true).render_str(template, json!({"n": 1, "who": "<i>"})).unwrap();
        assert_eq!(html, "&lt;i&gt; &lt;b&gt;");
    }
}
