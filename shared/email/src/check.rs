//! Whether what a tenant puts can be rendered, said before it is kept.

use carillon_domain::{
    Brand, Category, Content, FieldError, Layout, Millis, NotificationType, Priority, TenantId, TenantTypes,
    TextKind,
};
use carillon_templates::DEFAULT_LANGUAGE;

use crate::compiled::Compiled;
use crate::layout;
use crate::{EmailError, Letter, Renderer};

/// Whether a type's sections are MJML, in every language, in this layout (else the shipped one).
pub fn check(entry: &NotificationType, layout: Option<&Layout>) -> Result<(), FieldError> {
    let html = entry.templates.all().filter(|(_, _, kind, _)| *kind == TextKind::Html);
    for (place, tag, _, content) in html {
        let compiled = Compiled::new(layout::mjml(layout), content, tag.unwrap_or(DEFAULT_LANGUAGE));
        compiled.map_err(|error| FieldError::new(place, error.into_detail()))?;
    }
    Ok(())
}

/// Whether a layout is MJML and its text a template, and both can do with what every notification has: tried with one that
/// has as little as possible, and one that has all.
pub fn check_layout(layout: &Layout) -> Result<(), FieldError> {
    let tenant = TenantId::parse("tenant").map_err(|error| FieldError::new("", error.to_string()))?;
    let renderer = Renderer::new();
    for full in [false, true] {
        let mut types = TenantTypes::default();
        types.layout = Some(layout.clone());
        if full {
            types.settings.brand = brand();
        }
        let content = content(full);
        let letter = Letter {
            tenant: &tenant,
            types: &types,
            entry: None,
            content: &content,
            id: "ntf_example",
            account: full.then_some("account"),
            locale: full.then_some("de-CH"),
            unsubscribe_url: full.then_some("https://carillon.example/unsubscribe/token"),
        };
        renderer.render(&letter).map_err(|error| {
            let of_text = matches!(&error, EmailError::Template { place: "layout.text", .. });
            FieldError::new(if of_text { "text" } else { "mjml" }, error.into_detail())
        })?;
    }
    Ok(())
}

fn brand() -> Brand {
    Brand {
        name: Some(String::from("Brand")),
        logo_url: Some(String::from("https://brand.example/logo.png")),
        color: Some(String::from("#0b5fff")),
        address: Some(String::from("1 Road, Town")),
        app_url: Some(String::from("https://brand.example")),
    }
}

fn content(full: bool) -> Content {
    let some = |text: &str| full.then(|| text.to_owned());
    Content {
        type_key: String::from("example"),
        category: Category::Transactional,
        priority: Priority::Normal,
        title: String::from("Title"),
        body: some("Body").unwrap_or_default(),
        data: None,
        tags: Vec::new(),
        actor_id: some("actor"),
        sender: None,
        folder: some("folder"),
        action_url: some("/path"),
        image_url: some("https://brand.example/image.png"),
        collapse_key: None,
        expires_at: Millis(0),
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
