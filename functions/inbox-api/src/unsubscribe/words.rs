//! What the pages say.

use super::page::Page;

/// A language of the pages, by its BCP 47 tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    En,
    De,
    Fr,
    Es,
}

impl Language {
    pub(super) const ALL: [Self; 4] = [Self::En, Self::De, Self::Fr, Self::Es];

    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }

    /// What the button does.
    pub(super) const fn unsubscribe(self) -> &'static str {
        match self {
            Self::En => "Unsubscribe",
            Self::De => "Abbestellen",
            Self::Fr => "Se désabonner",
            Self::Es => "Cancelar la suscripción",
        }
    }

    /// Heading and paragraph.
    pub(super) const fn says(self, page: Page) -> (&'static str, &'static str) {
        match (page, self) {
            (Page::Ask, Self::En) => {
                ("Unsubscribe?", "You will no longer get messages of this kind, by email or otherwise.")
            }
            (Page::Ask, Self::De) => (
                "Abbestellen?",
                "Sie erhalten dann keine Nachrichten dieser Art mehr, weder per E-Mail noch auf anderem Weg.",
            ),
            (Page::Ask, Self::Fr) => (
                "Se désabonner ?",
                "Vous ne recevrez plus de messages de ce type, ni par e-mail ni autrement.",
            ),
            (Page::Ask, Self::Es) => (
                "¿Cancelar la suscripción?",
                "Ya no recibirá mensajes de este tipo, ni por correo electrónico ni por otros medios.",
            ),
            (Page::Done, Self::En) => {
                ("You are unsubscribed", "You can change this at any time in your settings.")
            }
            (Page::Done, Self::De) => {
                ("Sie sind abgemeldet", "In Ihren Einstellungen können Sie das jederzeit ändern.")
            }
            (Page::Done, Self::Fr) => {
                ("Vous êtes désabonné", "Vous pouvez changer cela à tout moment dans vos paramètres.")
            }
            (Page::Done, Self::Es) => {
                ("Suscripción cancelada", "Puede cambiarlo en cualquier momento en su configuración.")
            }
            (Page::Forged, Self::En) => {
                ("This link is not valid", "Nothing was changed. Use the link in the message as it is there.")
            }
            (Page::Forged, Self::De) => (
                "Dieser Link ist ungültig",
                "Es wurde nichts geändert. Verwenden Sie den Link so, wie er in der Nachricht steht.",
            ),
            (Page::Forged, Self::Fr) => (
                "Ce lien n’est pas valable",
                "Rien n’a été modifié. Utilisez le lien tel qu’il figure dans le message.",
            ),
            (Page::Forged, Self::Es) => (
                "Este enlace no es válido",
                "No se ha cambiado nada. Utilice el enlace tal como aparece en el mensaje.",
            ),
            (Page::Expired, Self::En) => (
                "This link is too old",
                "Nothing was changed. Use the link in a newer message, or your settings.",
            ),
            (Page::Expired, Self::De) => (
                "Dieser Link ist abgelaufen",
                "Es wurde nichts geändert. Verwenden Sie den Link in einer neueren Nachricht oder Ihre Einstellungen.",
            ),
            (Page::Expired, Self::Fr) => (
                "Ce lien a expiré",
                "Rien n’a été modifié. Utilisez le lien d’un message plus récent ou vos paramètres.",
            ),
            (Page::Expired, Self::Es) => (
                "Este enlace ha caducado",
                "No se ha cambiado nada. Utilice el enlace de un mensaje más reciente o su configuración.",
            ),
            (Page::Later | Page::TooLarge, Self::En) => {
                ("That did not work", "Please try again in a moment.")
            }
            (Page::Later | Page::TooLarge, Self::De) => {
                ("Das hat nicht geklappt", "Bitte versuchen Sie es gleich noch einmal.")
            }
            (Page::Later | Page::TooLarge, Self::Fr) => {
                ("Cela n’a pas fonctionné", "Veuillez réessayer dans un instant.")
            }
            (Page::Later | Page::TooLarge, Self::Es) => {
                ("No ha funcionado", "Vuelva a intentarlo en un momento.")
            }
        }
    }
}
