//! Consent that is taken back by a link.

use carillon_domain::Preferences;
use carillon_store::{Recipients, Scope};
use serde_json::json;

use crate::support::{Fixture, T0, fixture};

fn recipients(f: &Fixture) -> Recipients {
    Recipients::new(f.target.client(), f.target.table("Recipients"))
}

async fn opt_in(r: &Recipients, scope: &Scope) -> Vec<(String, bool)> {
    r.preferences(scope).await.unwrap().opt_in.into_iter().collect()
}

#[tokio::test]
async fn one_consent_is_taken_back_and_the_rest_stays() {
    let f = fixture().await;
    let r = recipients(&f);
    assert!(r.withdraw(&f.ann, "promotions", T0, T0).await.unwrap(), "who has no preferences gets some");
    assert_eq!(opt_in(&r, &f.ann).await, [("promotions".to_owned(), false)]);
    let back = json!({"opt_in": {"promotions": true, "news": true}, "timezone": "Europe/Zurich"});
    let change = |it: Preferences| it.merge(back.to_string().as_bytes(), |_| Ok(()));
    r.update_preferences(&f.ann, T0, change).await.unwrap().unwrap();
    assert!(r.withdraw(&f.ann, "promotions", T0, T0).await.unwrap());
    assert_eq!(opt_in(&r, &f.ann).await, [("news".to_owned(), true), ("promotions".to_owned(), false)]);
    let kept = r.preferences(&f.ann).await.unwrap().timezone;
    assert_eq!(kept.as_deref(), Some("Europe/Zurich"));
    f.target.calls().reset();
    assert!(r.withdraw(&f.ann, "promotions", T0, T0).await.unwrap());
    assert_eq!(f.target.calls().write_units(), 0.0, "twice is once");
}

#[tokio::test]
async fn all_of_many_at_once_are_taken_back() {
    let f = fixture().await;
    let r = recipients(&f);
    let keys: Vec<String> = (0..4).map(|n| format!("key_{n}")).collect();
    let all = keys.iter().map(|key| r.withdraw(&f.ann, key, T0, T0));
    assert_eq!(futures::future::try_join_all(all).await.unwrap(), [true; 4]);
    assert_eq!(opt_in(&r, &f.ann).await.len(), 4);
}

#[tokio::test]
async fn an_old_link_brings_nobody_back_who_was_erased() {
    let f = fixture().await;
    let r = recipients(&f);
    let erased_at = T0.plus_seconds(60);
    r.erase(&f.ann.tenant, &f.ann.user, erased_at).await.unwrap();
    for signed_at in [T0, erased_at] {
        assert!(!r.withdraw(&f.ann, "promotions", signed_at, T0.plus_seconds(90)).await.unwrap());
    }
    assert_eq!(opt_in(&r, &f.ann).await, []);
    let since = T0.plus_seconds(61);
    assert!(r.withdraw(&f.ann, "promotions", since, since).await.unwrap(), "they came back");
    assert_eq!(opt_in(&r, &f.ann).await.len(), 1);
}

#[tokio::test]
async fn an_erasure_at_the_same_time_leaves_nothing() {
    for _ in 0..8 {
        let f = fixture().await;
        let r = recipients(&f);
        let now = T0.plus_seconds(1);
        let (withdrawn, erased) = futures::future::join(
            r.withdraw(&f.ann, "promotions", T0, now),
            r.erase(&f.ann.tenant, &f.ann.user, now),
        )
        .await;
        withdrawn.unwrap();
        erased.unwrap();
        assert_eq!(opt_in(&r, &f.ann).await, []);
    }
}
