//! Channels that a type sends on only where an expression over the request is true.

use carillon_domain::{Channel, FieldError, NotificationType};
use minijinja::{Environment, Error, ErrorKind};
use serde_json::Value;

use crate::environment::{DEFAULT_LANGUAGE, environment};
use crate::error::{TemplateError, absent, missing, says};
use crate::guard;

pub(crate) fn check(entry: &NotificationType) -> Result<(), FieldError> {
    let environment = environment(DEFAULT_LANGUAGE, false);
    for (channel, condition) in &entry.conditions {
        let field = || format!("conditions.{channel}");
        guard::expression(condition).map_err(|error| FieldError::new(field(), error.detail))?;
        let parsed = environment.compile_expression(condition);
        let parsed = parsed.map_err(|error| FieldError::new(field(), says(&error)))?;
        known(parsed.eval(())).map_err(|error| FieldError::new(field(), says(&error)))?;
    }
    Ok(())
}

/// Filters, tests and functions are looked up when they run: run without variables, one that does not exist, or is given
/// what it cannot take, shows.
pub(crate) fn known<T>(tried: Result<T, Error>) -> Result<(), Error> {
    match tried {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UnknownFilter
                    | ErrorKind::UnknownTest
                    | ErrorKind::UnknownFunction
                    | ErrorKind::MissingArgument
                    | ErrorKind::TooManyArguments
            ) =>
        {
            Err(error)
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The channels whose condition does not hold.
pub(crate) fn unmet(
    environment: &Environment<'_>,
    entry: &NotificationType,
    variables: &Value,
) -> Result<Vec<Channel>, FieldError> {
    let mut unmet = Vec::new();
    for (channel, condition) in &entry.conditions {
        let of = format!("the condition of {channel} in {}", entry.key);
        let wrong = |error: &Error, missing| {
            let detail = says(error);
            TemplateError { missing, detail }.refusal(&of)
        };
        guard::expression(condition).map_err(|error| error.refusal(&of))?;
        let expression = environment.compile_expression(condition).map_err(|error| wrong(&error, None))?;
        let names = || expression.undeclared_variables(true);
        let value = expression
            .eval(variables)
            .map_err(|error| wrong(&error, missing(&error, names(), condition, variables)))?;
        if value.is_undefined() {
            let field = absent(names(), variables).min().unwrap_or_default();
            return Err(FieldError::new(format!("data.{field}"), format!("is required by {of}")));
        }
        if !value.is_true() {
            unmet.push(*channel);
        }
    }
    Ok(unmet)
}

#[cfg(test)]
mod tests {
    use carillon_domain::Registry;
    use serde_json::json;

    use crate::Wanted;

    #[test]
    fn quota_warnings_push_above_85_percent() {
        let registry = Registry::shipped().unwrap();
        let entry = registry.get("quota_warning").unwrap();
        let none = Wanted { title: false, body: false, collapse_key: false };
        let unmet = |percent| {
            crate::fill(entry, &json!({"percent": percent}), none, &entry.channels).map(|texts| texts.unmet)
        };
        assert_eq!(unmet(json!(85)).unwrap(), [carillon_domain::Channel::Push]);
        assert!(unmet(json!(85.1)).unwrap().is_empty());
        let missing = crate::fill(entry, &json!({}), none, &entry.channels).unwrap_err();
        assert_eq!(missing.field, "data.percent", "{missing}");
    }

    #[test]
    fn a_condition_is_checked() {
        let registry = Registry::shipped().unwrap();
        let with = |condition: &str| {
            let document = json!({"conditions": {"push": condition}}).to_string();
            registry.overridden("app_update", document.as_bytes()).unwrap()
        };
        assert_eq!(crate::check(&with("a >")).unwrap_err().field, "conditions.push");
        assert!(crate::check(&with("'vip' in tags or amount > 100")).is_ok());
    }
}
