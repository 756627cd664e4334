//! A device in a train: its connection drops at any moment, and it ends with exactly what was sent.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use carillon_tests::{DEADLINE, Producer, Socket, Tenant, User, list, text};
use serde_json::{Value, json};
use tokio::sync::watch;

/// How often the connection drops.
const DROPS: usize = 12;
/// At least so many are posted meanwhile: more than one page of `sync`, so that it can drop between two.
const POSTS: usize = 30;

/// Rolls the same numbers for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What a client keeps: its notifications by id, and when it was last in sync.
#[derive(Default)]
struct Client {
    have: BTreeMap<String, Value>,
    since: Option<String>,
}

impl Client {
    /// Live or replayed, the same notification is the same.
    fn take(&mut self, notification: &Value) -> Result<()> {
        let before = self.have.insert(text(notification, "id")?.to_owned(), notification.clone());
        ensure!(before.is_none_or(|before| before == *notification), "it changed: {notification}");
        Ok(())
    }

    /// Resyncs; only all of its pages are a sync. Gives up after so many, if told to.
    async fn sync(&mut self, device: &mut Socket, pages: Option<u64>) -> Result<()> {
        device.send(&json!({"action": "resync", "last_sync_at": self.since}));
        let mut left = pages;
        while left != Some(0) {
            let page = device.expect("sync").await?;
            left = left.map(|left| left - 1);
            for notification in list(&page, "notifications")? {
                self.take(notification)?;
            }
            if page["has_more"] == false {
                self.since = Some(text(&page, "server_time")?.to_owned());
                return Ok(());
            }
            if let Some(next) = page.get("next") {
                device.send(&json!({"action": "resync", "after": next}));
            }
        }
        Ok(())
    }
}

async fn post(shop: &Producer, ann: &User, index: usize) -> Result<String> {
    let body = "x".repeat(8_000);
    let title = format!("number {index}");
    shop.create(&json!({"type": "chat_message", "recipient": ann.id, "title": title, "body": body})).await
}

/// Connects, maybe syncs, maybe listens for a while, and is gone without a goodbye: so many times.
async fn travel(ann: &User, mut dice: Dice, over: watch::Sender<bool>) -> Result<Client> {
    let mut client = Client::default();
    for _ in 0..DROPS {
        let mut device = ann.connect().await?;
        let pages = [Some(0), Some(1), None, None, None][usize::try_from(dice.below(5))?];
        client.sync(&mut device, pages).await?;
        for _ in 0..dice.below(4) {
            client.take(&device.expect("notification").await?)?;
        }
        if dice.below(4) == 0 {
            device.close()
        } else {
            device.vanish()
        }
        device.closed(DEADLINE).await?;
    }
    over.send_replace(true);
    Ok(client)
}

async fn journey(tenant: &Tenant, name: &str, seed: u64) -> Result<()> {
    let (ann, shop) = (tenant.user(name)?, tenant.producer()?);
    let (over, arrived) = watch::channel(false);
    let posting = async {
        let mut posted = Vec::new();
        while !*arrived.borrow() || posted.len() < POSTS {
            posted.push(post(&shop, &ann, posted.len()).await?);
        }
        Ok(posted)
    };
    let (mut client, mut posted) = tokio::try_join!(travel(&ann, Dice(seed), over), posting)?;

    let mut device = ann.connect().await?;
    // What is still on its way when it syncs comes live.
    client.sync(&mut device, None).await?;
    while client.have.len() < posted.len() {
        client.take(&device.expect("notification").await?)?;
    }
    for _ in 0..3 {
        let id = post(&shop, &ann, posted.len()).await?;
        client.take(&device.expect_where("notification", |data| data["id"] == json!(id)).await?)?;
        posted.push(id);
    }
    assert_eq!(client.have.keys().collect::<BTreeSet<_>>(), posted.iter().collect());
    for (index, id) in posted.iter().enumerate() {
        assert_eq!(client.have[id]["title"], format!("number {index}"));
    }
    let all = device.resync(None).await?;
    assert_eq!(all.notifications.len(), posted.len(), "each once");
    assert!(all.pages > 1);
    assert_eq!(all.last["unread_count"], posted.len());
    Ok(())
}

#[tokio::test]
async fn a_client_that_drops_at_random_ends_with_exactly_what_was_sent() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let journeys = (1..=3).map(|seed| {
        let (tenant, name) = (&tenant, format!("ann-{seed}"));
        async move {
            let arrives = tokio::time::timeout(4 * DEADLINE, journey(tenant, &name, seed)).await;
            arrives.context("on the way for too long")?.with_context(|| format!("seed {seed}"))
        }
    });
    futures::future::try_join_all(journeys).await?;
    Ok(())
}
