use carillon_domain::{NotificationType, Registry, TextKind};
use serde_json::{Value, json};

use super::*;
use crate::environment;

fn with(document: Value) -> NotificationType {
    Registry::shipped().unwrap().overridden("app_update", document.to_string().as_bytes()).unwrap()
}

#[test]
fn what_could_fill_the_memory_is_refused_when_it_is_put_and_when_it_is_rendered() {
    let nested = format!("{}{{{{ b }}}}{}", "{% for b in [a ~ a] %}".repeat(5), "{% endfor %}".repeat(5));
    let table = [
        (String::from("{% set a = body %}") + &"{% set a=a~a %}".repeat(40) + "{{ a }}", "join"),
        ("{% set a = a + a %}".repeat(5), "join"),
        ("{% set a = [a, a] %}".repeat(5), "join"),
        ("{% set a = {'x': a, 'y': a} %}".repeat(5), "join"),
        ("{% with a = a ~ a %}".repeat(5) + &"{% endwith %}".repeat(5), "join"),
        ("{% set a = dict(x=a, y=a) %}".repeat(5), "join"),
        ("{% set a = a[:] %}".repeat(5), "join"),
        (nested, "join"),
        (String::from("{{ a") + &" ~ a".repeat(9) + " }}", "join"),
        (String::from("{{ 'x' * 99999999 }}"), "multiplies"),
        (String::from("{{ ([0] * 1000000000) | list }}"), "multiplies"),
        (String::from("{{ body * 300 }}"), "join"),
        (String::from("{{ a * b }}"), "multiplies"),
        (String::from("{{ a * (b | int) }}"), "multiplies"),
        (String::from("{% set x %}{{ a }}{% endset %}"), "set"),
        (String::from("{% filter upper %}{{ a }}{% endfilter %}"), "filter"),
        (String::from("{% macro m(x) %}{{ x }}{% endmacro %}"), "macro"),
        (String::from("{% call m() %}{% endcall %}"), "call"),
        (String::from("{% for x in [a] recursive %}{{ loop([x ~ x]) }}{% endfor %}"), "recursive"),
        (String::from("{% do a.b() %}"), "do"),
        ("{% set x = a %}".repeat(33), "more than 32"),
        (String::from("{{ a") + &" | upper".repeat(400) + " }}", "too long"),
        (String::from("{{ ") + &"not ".repeat(1000) + "a }}", "too long"),
        (String::from("{% if a %}") + &"{% elif a %}".repeat(200) + "{% endif %}", "elif"),
    ];
    for (text, why) in table {
        // Hidden from whoever tries it without values.
        let text = format!("{{% if notification_id != 'ntf_' %}}{text}{{% endif %}}");
        let entry = with(json!({"templates": {"sms": text}}));
        let put = crate::check(&entry).unwrap_err();
        assert_eq!(put.field, "templates.sms", "{text}");
        assert!(put.detail.contains(why), "{text}: {put}");
        let seen = json!({"notification_id": "ntf_x", "a": "a", "b": 3, "body": "x"});
        let rendered = crate::text(&entry, TextKind::Sms, None, &seen).unwrap_err();
        assert_eq!(rendered.detail, put.detail, "{text}");
    }
    for condition in ["a * b > 3", "'x' * 99999999 == a", "a~a~a~a~a~a~a~a~a~a == b"] {
        let entry = with(json!({"conditions": {"push": condition}}));
        assert_eq!(crate::check(&entry).unwrap_err().field, "conditions.push", "{condition}");
        let none = crate::Wanted { title: false, body: false, collapse_key: false };
        let filled = crate::fill(&entry, &json!({"a": "a", "b": "b"}), none, &entry.channels);
        assert!(filled.is_err(), "{condition}");
    }
}

#[test]
fn what_a_filter_makes_is_bounded() {
    let body = "a".repeat(30_000);
    let seen =
        json!({"body": body, "long": "#".repeat(4_000), "list": vec![0; 10_000], "amps": "&".repeat(30_000)});
    let chain = String::from("{{ body") + &" | list | string".repeat(20) + " }}";
    let kept = "{% for i in range(1000) %}{% if body | list | length > 1 %}.{% endif %}{% endfor %}";
    let table = [
        "{{ (body | replace('a', body)) | length }}",
        "{{ (body | replace('', body)) | length }}",
        "{{ list | join(body) | length }}",
        "{{ (body | list) | map('replace', 'a', body) | list | length }}",
        "{{ list | map('replace', '0', body) | length }}",
        "{{ body | plural(other='##########') }}",
        "{{ amps | e | upper | e | upper | e | length }}",
        &chain,
        kept,
    ];
    for text in table {
        guard_and_render(text, &seen, false).unwrap_err();
    }
    for removed in ["a | indent(9)", "a | format(1)", "a | pprint", "a | batch(9)", "namespace()", "debug()"]
    {
        let entry = with(json!({"templates": {"sms": format!("{{{{ {removed} }}}}")}}));
        assert_eq!(crate::check(&entry).unwrap_err().field, "templates.sms", "{removed}");
    }
    // What is long already may be passed through.
    let long = json!({"layout": {"body_html": "x".repeat(700_000)}});
    let html = "{{ layout.body_html | safe }}{{ layout.body_html | default('') | upper | length }}";
    guard_and_render(html, &long, true).unwrap();
}

fn guard_and_render(text: &str, seen: &Value, html: bool) -> Result<String, TemplateError> {
    template(text, 1)?;
    let environment = environment("en", html);
    let template = environment.template_from_str(text).unwrap();
    crate::render(&template, seen, 1024 * 1024)
}

#[test]
fn what_texts_need_is_left() {
    let seen = json!({
        "first": "Ann", "last": "Lee", "n": 3, "price": "2.5", "ratio": 0.5, "lines": [{"name": "b", "n": 2}, {"name": "a", "n": 1}],
    });
    let table = [
        ("{{ first ~ ' ' ~ last }}", "Ann Lee"),
        ("{{ (price | float) * (n | int) }}", "7.5"),
        ("{{ ratio * 100 }}", "50.0"),
        ("{{ n + 1 }} {{ n - 1 }} {{ n / 2 }}", "4 2 1.5"),
        (
            "{% for line in lines | sort(attribute='name') %}{{ loop.index }}{{ line.name | upper }}{% endfor %}",
            "1A2B",
        ),
        ("{{ lines | map(attribute='name') | join(', ') }}", "b, a"),
        ("{{ lines | map(attribute='n') | sum }}", "3"),
        ("{{ lines | selectattr('n', 'gt', 1) | map(attribute='name') | list }}", "[\"b\"]"),
        ("{{ lines | map(attribute='name') | map('upper') | join }}", "BA"),
        ("{{ first | replace('n', 'N') }}{{ first[:2] }}", "ANNAn"),
        ("{% set who = first ~ last %}{% with x = who | lower %}{{ x | title }}{% endwith %}", "Annlee"),
        ("{% if first in ['Ann', 'Bob'] %}yes{% elif n > 2 %}no{% else %}-{% endif %}", "yes"),
        ("{{ lines | first | items | list | length }}{{ nothing | default(last) }}", "2Lee"),
    ];
    for (text, said) in table {
        assert_eq!(guard_and_render(text, &seen, false).as_deref(), Ok(said), "{text}");
    }
}
