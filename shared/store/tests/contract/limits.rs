use carillon_domain::{Category, Counted, Limits, Millis, Priority, TenantId, UserId, mint};
use carillon_store::{Counting, Recipients};

use crate::recipients::recipients;
use crate::support::{DAY, T0, fixture, user};

pub(crate) fn counted(i: i64, at: Millis) -> Counted {
    Counted {
        ulid: mint(at.plus_millis(i)),
        at,
        type_key: "property_recommendation".into(),
        category: Category::Marketing,
        priority: Priority::Normal,
        day: "2023-11-14".into(),
        week: "2023-W46".into(),
        throttled: i % 2 == 0,
        capped: true,
    }
}

const KEEP: Millis = Millis(T0.0 + 9 * DAY * 1000);

#[tokio::test]
async fn a_count_stands_only_on_what_was_read() {
    let f = fixture().await;
    let r = recipients(&f);
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    let first = Limits { version: 1, counted: vec![counted(1, T0)] };
    let rival = Limits { version: 1, counted: vec![counted(2, T0)] };
    assert_eq!(r.count(tenant, ann, &first, KEEP).await.unwrap(), Counting::Taken);
    assert_eq!(r.count(tenant, ann, &rival, KEEP).await.unwrap(), Counting::Lost(first.clone()));
    assert_eq!(r.count(tenant, ann, &first, KEEP).await.unwrap(), Counting::Taken, "its answer got lost");
    let all =
        [Category::Transactional, Category::System, Category::Marketing].into_iter().flat_map(|category| {
            let priorities = [Priority::Low, Priority::Normal, Priority::High, Priority::Critical];
            priorities.map(|priority| Counted { category, priority, capped: false, ..counted(2, T0) })
        });
    let second = Limits { version: 2, counted: all.collect() };
    assert_eq!(r.count(tenant, ann, &second, KEEP).await.unwrap(), Counting::Taken);
    assert_eq!(r.facts(tenant, ann, None, T0).await.unwrap().limits, second);
    let stale = Limits { version: 2, ..first };
    assert_eq!(r.count(tenant, ann, &stale, KEEP).await.unwrap(), Counting::Lost(second));
    // The row went (by TTL, or an erasure) after it was read.
    let late = Limits { version: 5, counted: vec![] };
    assert_eq!(r.count(tenant, &user("bob"), &late, KEEP).await.unwrap(), Counting::Lost(Limits::default()));
}

#[tokio::test]
async fn counting_for_a_usual_user_is_one_write_unit() {
    let f = fixture().await;
    let r = recipients(&f);
    // The longest names there are.
    let longest = "x".repeat(128);
    let ann = UserId::parse(&longest).unwrap();
    let tenant =
        TenantId::parse(&format!("{}{}", f.ann.tenant, &longest[f.ann.tenant.as_str().len()..])).unwrap();
    let seven = (0..7).map(|i| counted(i, T0));
    let mut limits = Limits { version: 1, counted: seven.collect() };
    for version in [1, 2] {
        limits.version = version;
        f.target.calls().reset();
        assert_eq!(r.count(&tenant, &ann, &limits, KEEP).await.unwrap(), Counting::Taken);
        assert_eq!(f.target.calls().total(), 1);
        if !f.target.is_deployed() {
            assert!(f.target.calls().write_units() <= 1.0, "{}", f.target.calls().write_units());
        }
    }
    assert_eq!(r.facts(&tenant, &ann, None, T0).await.unwrap().limits, limits);
}

/// As dispatch does: read, decide, count; decide again on what another counted first.
async fn take(r: &Recipients, tenant: &TenantId, ann: &UserId, limit: usize) -> bool {
    let mut known = r.facts(tenant, ann, None, T0).await.unwrap().limits;
    loop {
        if known.counted.len() >= limit {
            return false;
        }
        let mut next = Limits { version: known.version + 1, ..known };
        next.counted.push(counted(1, T0));
        match r.count(tenant, ann, &next, KEEP).await.unwrap() {
            Counting::Taken => return true,
            Counting::Lost(found) => known = found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_at_once_exactly_the_limit_get_through() {
    let f = fixture().await;
    let r = recipients(&f);
    let all = (0..50).map(|_| take(&r, &f.ann.tenant, &f.ann.user, 5));
    let taken = futures::future::join_all(all).await.into_iter().filter(|taken| *taken).count();
    assert_eq!(taken, 5);
    let limits = r.facts(&f.ann.tenant, &f.ann.user, None, T0).await.unwrap().limits;
    assert_eq!((limits.version, limits.counted.len()), (5, 5));
}
