//! How many emails a second one core renders: `cargo xtask bench email`.
#![expect(clippy::unwrap_used, reason = "a program for developers: what is wrong here is a bug here")]

mod sample;

use std::hint::black_box;
use std::time::Instant;

use carillon_domain::{Millis, TenantId};
use carillon_email::{Envelope, Letter, Mailbox, Renderer, mime};
use serde_json::{Map, json};

/// Emails of one run, by whether MJML is compiled for each.
const EMAILS: [(bool, u32); 2] = [(true, 200), (false, 2_000)];
const RUNS: usize = 9;

fn main() {
    let (registry, types) = sample::tenant().unwrap();
    let tenant = TenantId::parse("example").unwrap();
    let from = Mailbox { name: Some(String::from("Example")), address: String::from("hi@example.com") };
    let mut rows = Vec::new();
    for (name, key, locale) in [
        ("own HTML", "booking_confirmed", None),
        ("own HTML, in German", "booking_confirmed", Some("de-CH")),
        ("default content", "new_message", None),
        ("own HTML, with a link to unsubscribe", "promotion_generic", None),
    ] {
        let entry = registry.get(key).unwrap();
        let content = sample::content(entry, locale, Map::new()).unwrap();
        let url = "https://carillon.example.com/unsubscribe/token";
        let letter = Letter {
            tenant: &tenant,
            types: &types,
            entry: Some(entry),
            content: &content,
            id: "ntf_sample",
            account: None,
            locale,
            unsubscribe_url: entry.opt_in_key.as_ref().map(|_| url),
        };
        let envelope = Envelope {
            from: from.clone(),
            to: "ann@example.com",
            reply_to: &[],
            unsubscribe_url: letter.unsubscribe_url,
            locale,
            sent_at: Millis(1_795_262_400_000),
            id: letter.id,
        };
        for (compile, emails) in EMAILS {
            let kept = Renderer::new();
            let bytes = mime(&envelope, &kept.render(&letter).unwrap()).unwrap().len();
            let mut rates: Vec<f64> = (0..RUNS)
                .map(|_| {
                    let start = Instant::now();
                    for _ in 0..emails {
                        let rendered =
                            if compile { Renderer::new().render(&letter) } else { kept.render(&letter) };
                        black_box(mime(&envelope, &rendered.unwrap()).unwrap());
                    }
                    f64::from(emails) / start.elapsed().as_secs_f64()
                })
                .collect();
            rates.sort_by(f64::total_cmp);
            let (low, high) = (rates.first().unwrap(), rates.last().unwrap());
            let median = rates.get(RUNS / 2).unwrap();
            rows.push(json!({
                "case": name, "compiled_each_time": compile, "bytes": bytes, "per_second": median.round(),
                "min": low.round(), "max": high.round(),
            }));
        }
    }
    println!(
        "| email | MJML | bytes of MIME | per second and core | min-max of {RUNS} runs |\n|---|---|---:|---:|---:|"
    );
    for row in &rows {
        let mjml = if row["compiled_each_time"] == true { "compiled each time" } else { "compiled once" };
        let name = row["case"].as_str().unwrap();
        println!(
            "| {name} | {mjml} | {} | {} | {}-{} |",
            row["bytes"], row["per_second"], row["min"], row["max"]
        );
    }
    println!("\n{}", json!({"bench": "email", "rows": rows}));
}
