//! What FCM calls a topic. Topics are all of a project's, so their names carry the tenant.

use std::fmt::Write as _;

use carillon_domain::TenantId;

/// Of different tenants or names always another: the point between them is in neither.
pub(crate) fn topic(tenant: &TenantId, name: &str) -> String {
    format!("{}.{}", encoded(tenant.as_str()), encoded(name))
}

/// Percent-encodes everything but letters, digits, `-` and `_`. FCM takes `%`, `~` and `.` besides.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(tenant: &str, name: &str) -> String {
        topic(&TenantId::parse(tenant).unwrap(), name)
    }

    #[test]
    fn tenants_and_names_never_run_into_each_other() {
        let table = [
            ("acme", "news", "acme.news"),
            ("a", "b.c", "a.b%2Ec"),
            ("a.b", "c", "a%2Eb.c"),
            ("a", "%2E", "a.%252E"),
            ("a", ".", "a.%2E"),
            ("a~b", "~", "a%7Eb.%7E"),
            ("a@b+c:d", "x_-", "a%40b%2Bc%3Ad.x_-"),
        ];
        for (tenant, name, expected) in table {
            assert_eq!(of(tenant, name), expected);
        }
    }

    /// What was encoded.
    fn decoded(topic: &str) -> (String, String) {
        let text = |part: &str| {
            let mut bytes = part.bytes();
            let mut text = String::new();
            while let Some(byte) = bytes.next() {
                let hex = |byte: u8| char::from(byte).to_digit(16).unwrap();
                let code =
                    (byte == b'%').then(|| hex(bytes.next().unwrap()) * 16 + hex(bytes.next().unwrap()));
                text.push(code.map_or(char::from(byte), |code| char::from_u32(code).unwrap()));
            }
            text
        };
        let (tenant, name) = topic.split_once('.').unwrap();
        (text(tenant), text(name))
    }

    proptest! {
        #[test]
        fn it_can_be_read_back_and_fcm_takes_it(
            tenant in "[A-Za-z0-9][A-Za-z0-9._@+:~-]{0,40}", name in "[A-Za-z0-9._~%-]{1,100}",
        ) {
            let topic = of(&tenant, &name);
            prop_assert!(topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)));
            prop_assert_eq!(decoded(&topic), (tenant, name));
        }
    }
}
