//! Texts of a certain form.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Types that are only a form of text.
macro_rules! texts {
    ($($name:ident: $min:literal..=$max:literal $pattern:expr, $doc:literal, $example:literal;)+) => {$(
        #[doc = $doc]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($doc));
                let text = text.min_length(Some($min)).max_length(Some($max)).pattern(Some($pattern));
                text.examples([$example]).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

/// No control characters, and not only space.
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// Something, `@`, and a domain with a dot that is neither its first nor its last character.
const EMAIL: &str = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]+@[^\\s\\u0000-\\u001f\\u007f-\\u009f@.]\
    [^\\s\\u0000-\\u001f\\u007f-\\u009f@]*\\.[^\\s\\u0000-\\u001f\\u007f-\\u009f@]*\
    [^\\s\\u0000-\\u001f\\u007f-\\u009f@.]$";
/// `https://` and a host, or one slash; no space, control character or backslash.
const LINK: &str = "^(https://[^/\\u0000-\\u0020\\u007f\\\\][^\\u0000-\\u0020\\u007f\\\\]*\
    |/|/[^/\\u0000-\\u0020\\u007f\\\\][^\\u0000-\\u0020\\u007f\\\\]*)$";

/// A host, perhaps a port and a path; no user name, no address in brackets.
const HTTPS_URL: &str = "^https://[A-Za-z0-9._-]+(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]\
    |6553[0-5]))?([/?#][!-\\[\\]-~]*)?$";
/// The same, or the local run's stand-in.
const PUSH_ENDPOINT: &str = "^(https://[A-Za-z0-9._-]+(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}\
    |655[0-2][0-9]|6553[0-5]))?|http://127\\.0\\.0\\.1:[1-9][0-9]{1,4})([/?#][!-\\[\\]-~]*)?$";

texts! {
    Id: 1..=128 "^[A-Za-z0-9][A-Za-z0-9._@+:~-]{0,127}$",
        "An id that the tenant gives: of a user, an account, an organisation.", "ann";
    NotificationId: 32..=201 "^ntf_[0-7][0-9A-HJKMNP-TV-Z]{25}[A-Za-z0-9_-]{2,171}$",
        "`ntf_`, a ULID, and the recipient's id in base64url. Nothing to be taken apart.",
        "ntf_01KAJ7C0G0Q5T3WXYZABCDEFGHYW5u";
    Time: 20..=35 "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
        "RFC 3339 in UTC with milliseconds.", "2026-11-21T12:00:00.000Z";
    TimeOfDay: 5..=5 "^([01][0-9]|2[0-3]):[0-5][0-9]$", "A time on the local clock.", "22:00";
    TypeKey: 1..=64 "^[a-z0-9_]+$", "The key of a type or of a consent.", "chat_message";
    Phone: 9..=16 "^\\+[1-9][0-9]{7,14}$", "E.164.", "+4930123456";
    Locale: 2..=35 "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", "BCP 47.", "de-CH";
    Email: 3..=320 EMAIL,
        "An email address.", "ann@example.com";
    Address: 5..=320 "^([A-Za-z0-9._+~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+|\\+[1-9][0-9]{7,14})$",
        "An email address or an E.164 number. What else an address may have is percent-encoded.", "ann@example.com";
    Link: 1..=2048 LINK,
        "https, or a path that starts with a single /. At most 2048 bytes. Never fetched.", "/bookings/42";
    Title: 1..=255 LINE,
        "A line without control characters.", "Booking confirmed";
    Line255: 1..=255 LINE,
        "A line without control characters.", "INBOX";
    Line320: 1..=320 LINE,
        "A line without control characters.", "spam@example.com";
    Line300: 1..=300 LINE,
        "A line without control characters.", "1 Road, 8000 Town";
    Line100: 1..=100 LINE,
        "A line without control characters.", "Acme";
    Line128: 1..=128 LINE,
        "A line without control characters.", "user-7";
    Line64: 1..=64 LINE,
        "A line without control characters.", "1.4.2";
    HttpsUrl: 9..=2048 HTTPS_URL, "An https URL, without user name and password.", "https://hooks.slack.com/services/T0/B0/x";
    PushEndpoint: 9..=2048 PUSH_ENDPOINT,
        "A push service's https URL, without user name and password; an address that is not on the internet is refused. \
         A local run takes its stand-in on loopback.",
        "https://updates.push.services.mozilla.com/wpush/v2/abc";
    PushId: 30..=30 "^psh_[0-7][0-9A-HJKMNP-TV-Z]{25}$", "`psh_` and a ULID.", "psh_01KAJ7C0G0Q5T3WXYZABCDEFGH";
    TopicName: 1..=100 "^[A-Za-z0-9_.~%-]{1,100}$", "The tenant's own name of a topic.", "news";
    FcmToken: 1..=4096 "^[!-~]+$", "An FCM registration token.", "fcm-token-1";
    P256dh: 87..=88 "^B[A-P][A-Za-z0-9_-]{84}[AEIMQUYcgkosw048]=?$",
        "A public key of P-256, uncompressed: 65 bytes in base64url.",
        "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
    PushSecret: 22..=24 "^[A-Za-z0-9_-]{21}[AQgw](==)?$", "16 bytes in base64url.", "tBHItJI5svbpez7KI4CCXg";
    LinkToken: 1..=1024 "^[A-Za-z0-9_.-]+$", "What an email's link ends with.", "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.x";
    AnyTag: 1..=128 "^[\\s\\S]*$", "A tag, or its beginning.", "entity:booking";
    AnyKey: 1..=64 "^[\\s\\S]*$", "The key of a type.", "chat_message";
    Tag: 1..=128 LINE,
        "A line without control characters.", "entity:booking";
}
