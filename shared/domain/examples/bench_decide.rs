//! How many decisions a second one core makes: `cargo xtask bench decide`.
#![expect(clippy::unwrap_used, reason = "a program for developers: what is wrong here is a bug here")]

use std::hint::black_box;
use std::time::Instant;

use carillon_domain::{
    AppSettings, Limits, Millis, Question, Recipient, Registry, Round, TenantSettings, Ulid, decide,
    local_day, zone,
};
use serde_json::json;

const NOW: Millis = Millis(1_795_262_400_000);
const DECISIONS: u32 = 200_000;
const RUNS: usize = 9;

fn main() {
    let registry = Registry::shipped().unwrap();
    let cases = [
        ("nothing known of the recipient", "booking_confirmed", Recipient::default()),
        ("profile, devices, preferences", "booking_confirmed", known(false)),
        ("the same in quiet hours, in a zone", "booking_confirmed", known(true)),
        ("capped and throttled, 7 counted", "promotion_generic", known(false)),
    ];
    let mut rows = Vec::new();
    for (name, key, recipient) in cases {
        let entry = registry.get(key).unwrap();
        let content = json!({
            "type": key, "category": entry.category, "priority": entry.priority, "title": "T",
            "tags": ["exec:42", "entity:execution"], "expires_at": NOW.plus_seconds(86_400),
        });
        let content = serde_json::from_value(content).unwrap();
        let target = serde_json::from_value(json!({"user": "ann"})).unwrap();
        let question = Question {
            entry: Some(entry),
            channels: &entry.channels,
            ulid: Ulid::nil(),
            content: &content,
            target: &target,
            requested: None,
            unmet: &[],
            recipient: &recipient,
            tenant: &TenantSettings::default(),
            round: Round::First,
            now: NOW,
        };
        let mut rates: Vec<f64> = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..DECISIONS {
                    black_box(decide(black_box(&question)));
                }
                f64::from(DECISIONS) / start.elapsed().as_secs_f64()
            })
            .collect();
        rates.sort_by(f64::total_cmp);
        let (low, high) = (rates.first().unwrap(), rates.last().unwrap());
        let median = rates.get(RUNS / 2).unwrap();
        rows.push(
            json!({"case": name, "per_second": median.round(), "min": low.round(), "max": high.round()}),
        );
    }
    println!("| decision | per second and core | min-max of {RUNS} runs |\n|---|---:|---:|");
    for row in &rows {
        println!(
            "| {} | {} | {}-{} |",
            row["case"].as_str().unwrap(),
            row["per_second"],
            row["min"],
            row["max"]
        );
    }
    println!("\n{}", json!({"bench": "decide", "decisions_a_run": DECISIONS, "rows": rows}));
}

fn known(quiet: bool) -> Recipient {
    let device = json!({"token": "x".repeat(160), "platform": "ios", "created_at": 0, "last_used_at": 0});
    let preferences = json!({
        "channels": {"email": true}, "types": {"new_message": {"push_enabled": false}},
        "quiet_hours": {"enabled": quiet, "start": "20:00", "end": "07:00"}, "timezone": "Asia/Tokyo",
    });
    let (day, week) = local_day(&zone("Asia/Tokyo").unwrap(), NOW.plus_seconds(-86_400));
    let counted = json!({
        "ulid": Ulid::nil(), "at": NOW.plus_seconds(-86_400), "type": "upsell_suggestion", "category": "marketing",
        "priority": "normal", "day": day, "week": week, "throttled": true, "capped": true,
    });
    Recipient {
        profile: Some(serde_json::from_value(json!({"email": "ann@example.com"})).unwrap()),
        devices: vec![serde_json::from_value(device).unwrap(); 3],
        preferences: vec![serde_json::from_value(preferences).unwrap()],
        settings: vec![AppSettings { push: Some(true), ..AppSettings::default() }],
        limits: serde_json::from_value::<Limits>(json!({"version": 7, "counted": vec![counted; 7]})).unwrap(),
        ..Recipient::default()
    }
}
