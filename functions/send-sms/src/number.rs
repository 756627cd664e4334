//! Which numbers there are, and which of them are people's.

use phonenumber::Type;
use phonenumber::metadata::DATABASE;

/// The number as E.164 has it, if the plan of its country has such a number, and it is one that people are reached at; else
/// why not. Who is asked to send to others is still paid by some networks, by the message at premium rates, and SNS holds it
/// against the account.
pub(crate) fn reachable(text: &str) -> Result<String, &'static str> {
    let number = phonenumber::parse(None, text).map_err(|_| "invalid_number")?;
    let plain = number.format().mode(phonenumber::Mode::E164).to_string();
    // It reads more than E.164: letters, extensions, other ways to dial abroad.
    if plain != text || !number.is_valid() {
        return Err("invalid_number");
    }
    match number.number_type(&DATABASE) {
        Type::PremiumRate => Err("premium_rate_number"),
        Type::SharedCost => Err("shared_cost_number"),
        Type::Pager => Err("pager_number"),
        Type::Voicemail => Err("voicemail_number"),
        Type::Uan => Err("company_number"),
        Type::FixedLine
        | Type::Mobile
        | Type::FixedLineOrMobile
        | Type::TollFree
        | Type::PersonalNumber
        | Type::Voip
        | Type::Emergency
        | Type::ShortCode
        | Type::StandardRate
        | Type::Carrier
        | Type::NoInternational
        | Type::Unknown => Ok(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_can_exist_are_sent_to() {
        for good in ["+41446681800", "+12025550123", "+491701234567", "+390612345678", "+919876543210"] {
            assert_eq!(reachable(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "+",
            "+4",
            "0446681800",
            "41446681800",
            "+41",
            "+411",
            "+1202555012",
            "+120255501234567",
            "+10005550123",
            "+99912345678",
            "+41 44 668 18 00",
            "+1-800-FLOWERS",
            "+41446681800;ext=7",
            "+４１４４６６８１８００",
            "tel:+41446681800",
        ] {
            assert_eq!(reachable(bad), Err("invalid_number"), "{bad}");
        }
    }

    #[test]
    fn numbers_that_are_nobodys_or_cost_more_are_not_sent_to() {
        for (number, detail) in [
            ("+19002345678", "premium_rate_number"),
            ("+41900123456", "premium_rate_number"),
            ("+449012345678", "premium_rate_number"),
            ("+41840123456", "shared_cost_number"),
            ("+49180123456", "shared_cost_number"),
            ("+41740123456", "pager_number"),
            ("+41860123456789", "voicemail_number"),
            ("+41581234567", "company_number"),
        ] {
            assert_eq!(reachable(number), Err(detail), "{number}");
        }
    }

    /// The metadata's own examples.
    #[test]
    fn nobodys_mobile_is_taken_for_another_kind() {
        for region in ["CH", "DE", "AT", "FR", "IT", "GB", "US", "BR", "MX", "AU", "IN", "JP", "CN", "ZA"] {
            let meta = DATABASE.by_id(region).unwrap();
            let example = meta.descriptors().mobile().unwrap().example().unwrap();
            let number = format!("+{}{example}", meta.country_code());
            assert_eq!(reachable(&number).as_deref(), Ok(number.as_str()), "{region}");
        }
    }
}
