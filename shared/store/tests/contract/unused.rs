use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Device, Millis};
use carillon_store::{DEVICE_DAYS, DeviceRef, Recipients, Scope};

use crate::devices::{device, hash, owner};
use crate::recipients::recipients;
use crate::support::{DAY, Fixture, T0, fixture, user};

/// When the TTL takes the row, in days after T0.
async fn purge_days(f: &Fixture, pk: String, sk: &str) -> Option<i64> {
    let got = f.target.client().get_item().table_name(f.target.table("Recipients")).consistent_read(true);
    let got = got.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk.into()));
    let row = got.send().await.unwrap().item?;
    let seconds: i64 = row["purge_at"].as_n().unwrap().parse().unwrap();
    Some((seconds - T0.seconds()) / DAY)
}

/// The device's and its owner row's.
async fn purges(f: &Fixture, token: &str) -> (Option<i64>, Option<i64>) {
    let (tenant, hash) = (&f.ann.tenant, hash(token));
    let device = purge_days(f, format!("{tenant}#ann"), &format!("device#{hash}")).await;
    (device, purge_days(f, format!("token#{tenant}#{hash}"), "owner").await)
}

fn day(days: i64) -> Millis {
    T0.plus_seconds(days * DAY)
}

async fn used(r: &Recipients, scope: &Scope, now: Millis) -> Vec<Device> {
    let listed = r.devices(scope, now).await.unwrap().into_iter().map(|(_, device)| device).collect();
    let facts = r.facts(&scope.tenant, &scope.user, None, now).await.unwrap();
    assert_eq!(listed, facts.devices);
    listed
}

#[tokio::test]
async fn a_device_that_is_not_used_for_long_is_left_out_and_goes() {
    let f = fixture().await;
    let r = recipients(&f);
    r.register(&f.ann, &device("a"), T0).await.unwrap();
    assert_eq!(purges(&f, "a").await, (Some(DEVICE_DAYS), Some(DEVICE_DAYS + 30)));
    assert_eq!(used(&r, &f.ann, day(DEVICE_DAYS).plus_millis(-1)).await.len(), 1);
    assert_eq!(used(&r, &f.ann, day(DEVICE_DAYS)).await, [], "the TTL is late");
    // Until it comes, the app may: then it is the same device.
    assert!(!r.register(&f.ann, &device("a"), day(DEVICE_DAYS + 1)).await.unwrap().1);
    assert_eq!(used(&r, &f.ann, day(DEVICE_DAYS + 1)).await.len(), 1);
    assert_eq!(purges(&f, "a").await, (Some(2 * DEVICE_DAYS + 1), Some(2 * DEVICE_DAYS + 31)));
}

#[tokio::test]
async fn a_device_that_is_used_stays_at_one_write_more_a_day() {
    let f = fixture().await;
    let r = recipients(&f);
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    r.register(&f.ann, &device("a"), T0).await.unwrap();
    for (hours, calls) in [(1, 1), (24, 2), (25, 1), (49, 2)] {
        let now = T0.plus_seconds(hours * 3_600);
        f.target.calls().reset();
        if hours % 2 == 0 {
            r.register(&f.ann, &device("a"), now).await.unwrap();
        } else {
            assert!(r.device_reached(tenant, ann, "a", now).await.unwrap());
        }
        assert_eq!(f.target.calls().total(), calls, "{hours}");
        let kept = used(&r, &f.ann, now).await.remove(0);
        assert_eq!((kept.created_at, kept.last_used_at), (T0, now));
    }
    assert_eq!(purges(&f, "a").await, (Some(DEVICE_DAYS + 2), Some(DEVICE_DAYS + 32)));
}

#[tokio::test]
async fn reaching_a_device_makes_none_and_moves_none() {
    let f = fixture().await;
    let r = recipients(&f);
    let (tenant, ann, bob) = (&f.ann.tenant, &f.ann.user, user("bob"));
    assert!(!r.device_reached(tenant, ann, "a", T0).await.unwrap());
    assert_eq!(purges(&f, "a").await, (None, None));
    r.register(&f.ann, &device("a"), T0).await.unwrap();
    let bobs = Scope { user: bob.clone(), ..f.ann.clone() };
    r.register(&bobs, &device("a"), T0).await.unwrap();
    // The push was under way to ann when the token moved.
    assert!(!r.device_reached(tenant, ann, "a", day(1)).await.unwrap());
    assert_eq!(r.unregister(&f.ann, DeviceRef::Identity("a")).await.unwrap(), 0);
    assert_eq!(purges(&f, "a").await, (None, Some(DEVICE_DAYS + 30)));
    assert_eq!(owner(&f, &hash("a")).await.as_deref(), Some("bob"));
    assert!(r.device_reached(tenant, &bob, "a", day(1)).await.unwrap());
    assert_eq!(purges(&f, "a").await, (None, Some(DEVICE_DAYS + 31)));
}
