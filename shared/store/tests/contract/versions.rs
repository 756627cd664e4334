//! Documents of the catalog and what they were before.

use carillon_domain::UserId;
use carillon_store::{Catalog, Edit, Edited, Version, Versioned};

use crate::support::{Fixture, T0, fixture, tenant};

const CHAT: Versioned<'_> = Versioned::Type("chat");

fn catalog(f: &Fixture) -> Catalog {
    Catalog::new(f.target.client(), f.target.table("Catalog"))
}

fn ops() -> UserId {
    UserId::parse("ops").unwrap()
}

async fn put(f: &Fixture, what: Versioned<'_>, document: Option<&str>) -> Edited {
    let edit = Edit { document, at: T0, by: &ops(), restored: None };
    catalog(f).edit(&f.ann.tenant, what, edit).await.unwrap()
}

#[tokio::test]
async fn every_change_is_a_version_and_no_reader_of_documents_sees_it() {
    let f = fixture().await;
    let (catalog, tenant_) = (catalog(&f), &f.ann.tenant);
    assert_eq!(put(&f, CHAT, None).await, Edited::Missing);
    assert_eq!(catalog.versions(tenant_, CHAT).await.unwrap(), []);
    assert_eq!(put(&f, CHAT, Some("{}")).await, Edited::Done(1));
    assert_eq!(put(&f, CHAT, Some(r#"{"a": 1}"#)).await, Edited::Done(2));
    assert_eq!(put(&f, Versioned::Type("chat_message"), Some("{}")).await, Edited::Done(1), "another's");
    assert_eq!(put(&f, Versioned::Layout, Some("L")).await, Edited::Done(1));
    assert_eq!(put(&f, CHAT, None).await, Edited::Done(3));
    assert_eq!(put(&f, CHAT, None).await, Edited::Missing);
    let restored = Edit { document: Some("{}"), at: T0.plus_seconds(9), by: &ops(), restored: Some(1) };
    assert_eq!(catalog.edit(tenant_, CHAT, restored).await.unwrap(), Edited::Done(4));

    let rows = catalog.rows(tenant_, true).await.unwrap();
    assert_eq!(
        rows.types.into_iter().collect::<Vec<_>>(),
        [("chat".to_owned(), "{}".to_owned()), ("chat_message".to_owned(), "{}".to_owned())]
    );
    assert_eq!((rows.layout.as_deref(), rows.settings), (Some("L"), None));

    let listed = catalog.versions(tenant_, CHAT).await.unwrap();
    let fourth = Version {
        number: 4,
        document: None,
        deleted: false,
        at: T0.plus_seconds(9),
        by: ops(),
        restored: Some(1),
    };
    assert_eq!(listed.first(), Some(&fourth));
    let told: Vec<_> = listed.iter().map(|version| (version.number, version.deleted)).collect();
    assert_eq!(told, [(4, false), (3, true), (2, false), (1, false)]);
    let second = catalog.version(tenant_, CHAT, 2).await.unwrap().unwrap();
    assert_eq!(second.document.as_deref(), Some(r#"{"a": 1}"#));
    assert_eq!(catalog.version(tenant_, CHAT, 3).await.unwrap().unwrap().document, None);
    assert_eq!(catalog.version(tenant_, CHAT, 5).await.unwrap(), None);
    assert_eq!(catalog.version(&tenant(), CHAT, 2).await.unwrap(), None, "another tenant's");
    assert_eq!(catalog.versions(&tenant(), CHAT).await.unwrap(), []);
}

#[tokio::test]
async fn the_newest_twenty_are_kept_and_numbers_go_on() {
    let f = fixture().await;
    for number in 1..=23 {
        let document = (number % 5 != 0).then(|| format!("{{\"n\": {number}}}"));
        assert_eq!(put(&f, CHAT, document.as_deref()).await, Edited::Done(number));
    }
    let kept = catalog(&f).versions(&f.ann.tenant, CHAT).await.unwrap();
    let numbers: Vec<u32> = kept.iter().map(|version| version.number).collect();
    assert_eq!(numbers, (4..=23).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn of_many_who_change_a_document_at_once_each_wins_or_is_told() {
    let f = fixture().await;
    let documents: Vec<String> = (0..8).map(|n| format!("{{\"n\": {n}}}")).collect();
    let edits = documents.iter().map(async |document| (put(&f, CHAT, Some(document)).await, document));
    let all = futures::future::join_all(edits).await;
    let mut won: Vec<(u32, &String)> = all
        .iter()
        .filter_map(|(edited, document)| match edited {
            Edited::Done(number) => Some((*number, *document)),
            Edited::Conflict => None,
            Edited::Missing => panic!("it was put"),
        })
        .collect();
    won.sort_unstable();
    let numbers: Vec<u32> = won.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=u32::try_from(won.len()).unwrap()).collect::<Vec<_>>());
    let kept = catalog(&f).versions(&f.ann.tenant, CHAT).await.unwrap();
    assert_eq!(kept.len(), won.len(), "who lost left nothing");
    let holds = catalog(&f).rows(&f.ann.tenant, true).await.unwrap().types.remove("chat");
    assert_eq!(holds.as_ref(), won.last().map(|(_, document)| *document), "the last version is what holds");
}
