//! What the shipped layout itself says, in a few languages.

use carillon_domain::fallbacks;

/// A layout's own words in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    language: &'static str,
    /// On the button.
    pub(crate) open: &'static str,
    /// Beside the link.
    pub(crate) unsubscribe: &'static str,
    why: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    open: "Open",
    unsubscribe: "Unsubscribe",
    why: "You get this email because you use {brand}.",
};

const OTHERS: [Words; 3] = [
    Words {
        language: "de",
        open: "Öffnen",
        unsubscribe: "Abmelden",
        why: "Sie erhalten diese E-Mail, weil Sie {brand} nutzen.",
    },
    Words {
        language: "fr",
        open: "Ouvrir",
        unsubscribe: "Se désabonner",
        why: "Vous recevez cet e-mail parce que vous utilisez {brand}.",
    },
    Words {
        language: "es",
        open: "Abrir",
        unsubscribe: "Darse de baja",
        why: "Recibe este correo porque utiliza {brand}.",
    },
];

impl Words {
    /// In the recipient's language if it is there, else in English.
    pub(crate) fn of(locale: Option<&str>) -> Self {
        let known = |tag: &str| OTHERS.into_iter().find(|words| words.language.eq_ignore_ascii_case(tag));
        locale.into_iter().flat_map(fallbacks).find_map(known).unwrap_or(ENGLISH)
    }

    /// Why the recipient gets this.
    pub(crate) fn why(self, brand: &str) -> String {
        self.why.replace("{brand}", brand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fall_back() {
        for (locale, open) in
            [(Some("de-CH"), "Öffnen"), (Some("FR"), "Ouvrir"), (Some("ar-EG"), "Open"), (None, "Open")]
        {
            assert_eq!(Words::of(locale).open, open, "{locale:?}");
        }
        assert_eq!(Words::of(Some("es")).why("Acme"), "Recibe este correo porque utiliza Acme.");
    }
}
