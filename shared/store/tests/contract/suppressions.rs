use carillon_domain::{Channel, NotificationId, SuppressedFor, Suppression, mint};
use carillon_store::{Suppressed, Suppressions};

use crate::support::{Fixture, T0, fixture, tenant, user};

fn suppressions(f: &Fixture) -> Suppressions {
    Suppressions::new(f.target.client(), f.target.table("Catalog"))
}

fn of(address: &str) -> Suppression {
    Suppression {
        channel: Suppression::channel_of(address).unwrap(),
        address: Some(address.into()),
        reason: SuppressedFor::HardBounce,
        detail: Some("NoEmail 5.1.1".into()),
        notification_id: None,
        created_at: T0,
    }
}

/// As a notification to the user came back.
fn back(address: &str, name: &str) -> Suppression {
    let id = NotificationId { ulid: mint(T0), user: user(name) };
    Suppression { notification_id: Some(id), ..of(address) }
}

#[tokio::test]
async fn an_address_is_suppressed_for_its_tenant_and_channel_however_it_is_written() {
    let f = fixture().await;
    let (all, tenant_, other) = (suppressions(&f), &f.ann.tenant, tenant());
    let ann = of("Ann@B\u{fc}ro.example.com");
    assert_eq!(all.put(tenant_, "Ann@B\u{fc}ro.example.com", &ann).await.unwrap(), Suppressed::Now);
    f.target.calls().reset();
    for same in ["Ann@B\u{fc}ro.example.com", "ann@b\u{fc}ro.EXAMPLE.com", "ANN@xn--bro-hoa.example.com"] {
        assert_eq!(all.find(tenant_, Channel::Email, same).await.unwrap(), Some(ann.clone()), "{same}");
    }
    assert_eq!((f.target.calls().total(), f.target.calls().read_units()), (3, 1.5));
    assert_eq!(all.find(&other, Channel::Email, "ann@b\u{fc}ro.example.com").await.unwrap(), None);
    assert_eq!(all.find(tenant_, Channel::Sms, "ann@b\u{fc}ro.example.com").await.unwrap(), None);
    assert_eq!(all.find(tenant_, Channel::Email, "ann@example.com").await.unwrap(), None);
    let later =
        Suppression { reason: SuppressedFor::Complaint, created_at: T0.plus_seconds(9), ..ann.clone() };
    let again = all.put(tenant_, "ann@b\u{fc}ro.example.com", &later).await.unwrap();
    assert_eq!(again, Suppressed::Before(Box::new(ann)), "the first stays");
}

#[tokio::test]
async fn a_late_report_does_not_bring_back_what_was_lifted() {
    let f = fixture().await;
    let (all, tenant) = (suppressions(&f), &f.ann.tenant);
    let number = "+4930123456";
    let delete = async |at| all.delete(tenant, Channel::Sms, number, at).await.unwrap();
    assert!(!delete(T0).await, "there is none");
    all.put(tenant, number, &of(number)).await.unwrap();
    assert!(delete(T0.plus_seconds(60)).await);
    assert!(!delete(T0.plus_seconds(61)).await, "once");
    assert_eq!(all.get(tenant, Channel::Sms, number).await.unwrap(), None);
    assert_eq!(all.put(tenant, number, &of(number)).await.unwrap(), Suppressed::LiftedSince);
    assert_eq!(all.find(tenant, Channel::Sms, number).await.unwrap(), None);
    let since = Suppression { created_at: T0.plus_seconds(61), ..of(number) };
    assert_eq!(all.put(tenant, number, &since).await.unwrap(), Suppressed::Now);
    assert_eq!(all.get(tenant, Channel::Sms, number).await.unwrap(), Some(since));
}

#[tokio::test]
async fn they_are_listed_page_by_page_without_what_was_lifted() {
    let f = fixture().await;
    let (all, tenant_) = (suppressions(&f), &f.ann.tenant);
    assert_eq!(all.list(tenant_, None, None, 10).await.unwrap().items, []);
    for number in 0..7 {
        let email = format!("u{number}@example.com");
        all.put(tenant_, &email, &back(&email, "ann")).await.unwrap();
    }
    all.put(tenant_, "+4930123456", &of("+4930123456")).await.unwrap();
    all.put(&tenant(), "x@example.com", &of("x@example.com")).await.unwrap();
    for number in [2, 3] {
        all.delete(tenant_, Channel::Email, &format!("u{number}@example.com"), T0).await.unwrap();
    }
    let walk = async |channel, limit| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = all.list(tenant_, channel, after.as_deref(), limit).await.unwrap();
            assert!(page.items.len() <= limit);
            found.extend(page.items.into_iter().filter_map(|one| one.address));
            after = page.next;
            if after.is_none() {
                found.sort();
                return found;
            }
        }
    };
    let emails = [0, 1, 4, 5, 6].map(|number| format!("u{number}@example.com"));
    for limit in [1, 2, 3, 100] {
        assert_eq!(walk(Some(Channel::Email), limit).await, emails);
        assert_eq!(walk(Some(Channel::Sms), limit).await, ["+4930123456"]);
        assert_eq!(walk(None, limit).await.len(), 6);
    }
}

#[tokio::test]
async fn what_is_forgotten_of_a_user_still_holds() {
    let f = fixture().await;
    let (all, tenant) = (suppressions(&f), &f.ann.tenant);
    let (old, shared, number) = ("old@example.com", "both@example.com", "+4930123456");
    // One that the profile no longer has, one that somebody else's notification suppressed, one that a person did.
    all.put(tenant, old, &back(old, "ann")).await.unwrap();
    all.put(tenant, shared, &back(shared, "bob")).await.unwrap();
    all.put(tenant, number, &of(number)).await.unwrap();
    all.put(tenant, "bob@example.com", &back("bob@example.com", "bob")).await.unwrap();
    let (ann, hers) = (user("ann"), [(Channel::Email, "Both@example.com"), (Channel::Sms, number)]);
    let mut found = all.of_user(tenant, &ann, &hers).await.unwrap();
    found.sort_by(|a, b| a.address.cmp(&b.address));
    let addresses: Vec<_> = found.into_iter().filter_map(|one| one.address).collect();
    assert_eq!(addresses, [number, shared, old]);

    for rows in [1, 0] {
        assert_eq!(all.forget(tenant, &ann, &hers).await.unwrap(), rows, "what noted her");
    }
    for (channel, address) in [(Channel::Email, old), (Channel::Email, shared), (Channel::Sms, number)] {
        let left = all.get(tenant, channel, address).await.unwrap().unwrap();
        assert_eq!((left.address, left.notification_id), (None, None), "{address} still suppressed");
    }
    let bobs = all.of_user(tenant, &user("bob"), &[]).await.unwrap();
    assert_eq!(bobs.len(), 2, "the shared one too, without its address");
    assert!(bobs.iter().any(|one| one.address.as_deref() == Some("bob@example.com")));
    assert!(all.delete(tenant, Channel::Email, old, T0).await.unwrap(), "and can be lifted");
    all.forget(tenant, &user("nobody"), &[(Channel::Email, "nobody@example.com")]).await.unwrap();
    let nobody = all.get(tenant, Channel::Email, "nobody@example.com").await.unwrap();
    assert_eq!(nobody, None, "no row is made");
}
