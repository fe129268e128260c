//! Dead letters.

use waybill_workflow::ports::{DeadLetter, Known, LastWords, LetterId};

use super::fixtures::{NOON, noise};
use super::{Names, Stores};

fn words(error: &str, receives: u32) -> LastWords {
    LastWords { error: error.to_owned(), trace: Some("1-5759e988-bd862e3fe1be46a994272793".to_owned()), receives, at: NOON }
}

/// A letter of a message that no other check knows.
fn letter(names: &Names) -> DeadLetter {
    DeadLetter {
        id: LetterId { queue: "validate".to_owned(), message: names.store.to_string() },
        order: Some(names.key(1)),
        store: Some(names.store.clone()),
        error: "a row of the orders table: no pk".to_owned(),
        trace: None,
        receives: Some(15),
        at: NOON,
        judged: None,
        redriven: None,
    }
}

/// The newest words count, until the message is dead: then they change nothing.
pub async fn last_words_are_the_last(stores: &impl Stores) {
    let letter = letter(&Names::new());
    assert_eq!(stores.known(&letter.id).await.expect("known"), None);
    for words in [words("panicked", 1), words("defect", 15)] {
        stores.failed(&letter.id, &words).await.expect("failed");
        assert_eq!(stores.known(&letter.id).await.expect("known"), Some(Known::Failing(words)));
        assert!(!stores.letters().await.expect("letters").iter().any(|found| found.id == letter.id), "it may yet succeed");
    }
    stores.keep(&letter, "{}").await.expect("keep");
    stores.failed(&letter.id, &words("a double", 16)).await.expect("failed");
    assert_eq!(stores.known(&letter.id).await.expect("known"), Some(Known::Dead(letter)));
}

/// All of it comes back, and an orphan names nobody.
pub async fn a_letter_comes_back(stores: &impl Stores) {
    let names = Names::new();
    let of_order = letter(&names);
    let id = LetterId { queue: "intake".to_owned(), ..of_order.id.clone() };
    let orphan = DeadLetter { id, order: None, store: None, trace: Some("1-a-b".to_owned()), receives: None, ..of_order.clone() };
    for (letter, body) in [(&of_order, r#"{"v":1}"#), (&orphan, "ä, and no JSON")] {
        assert_eq!(stores.body(&letter.id).await.expect("body"), None);
        stores.keep(letter, body).await.expect("keep");
        stores.keep(letter, body).await.expect("keep again");
        let letter = &DeadLetter { judged: Some(NOON.plus_seconds(1)), ..letter.clone() };
        stores.keep(letter, body).await.expect("keep what was judged");
        assert_eq!(stores.body(&letter.id).await.expect("body").as_deref(), Some(body));
        let found = stores.letters().await.expect("letters");
        assert_eq!(found.iter().filter(|found| found.id == letter.id).collect::<Vec<_>>(), [letter]);
    }
}

/// A message may have a megabyte, which need not get smaller.
pub async fn a_large_letter_comes_back(stores: &impl Stores) {
    let letter = letter(&Names::new());
    for length in [300 * 1024, 1024 * 1024] {
        let body: String = noise(length).iter().map(|byte| char::from(b' ' + byte % 95)).collect();
        stores.keep(&letter, &body).await.expect("keep");
        assert!(stores.body(&letter.id).await.expect("body").as_ref() == Some(&body), "{length} bytes");
    }
    let listed = stores.letters().await.expect("letters");
    assert_eq!(
        listed.iter().filter(|found| found.id.message.contains(&letter.id.message)).count(),
        1,
        "its parts are no letters"
    );
}

/// What was sent on is not listed, is not sent on twice, and comes to life by no double of its message.
pub async fn what_was_redriven_stays_redriven(stores: &impl Stores) {
    let letter = letter(&Names::new());
    assert!(!stores.redriven(&letter.id, NOON).await.expect("redriven"), "there is none");
    stores.failed(&letter.id, &words("defect", 15)).await.expect("failed");
    assert!(!stores.redriven(&letter.id, NOON).await.expect("redriven"), "it may yet succeed");
    stores.keep(&letter, "{}").await.expect("keep");
    assert!(stores.redriven(&letter.id, NOON).await.expect("redriven"));
    assert!(!stores.redriven(&letter.id, NOON.plus_seconds(9)).await.expect("redriven"), "only once");
    stores.keep(&letter, "{}").await.expect("keep");
    assert!(!stores.letters().await.expect("letters").iter().any(|found| found.id == letter.id));
    assert_eq!(stores.known(&letter.id).await.expect("known"), Some(Known::Dead(DeadLetter { redriven: Some(NOON), ..letter })));
}
