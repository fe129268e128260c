//! Claims.

use waybill_domain::ContentHash;
use waybill_workflow::ports::Claim;

use super::fixtures::NOON;
use super::{Names, Stores};

fn key(names: &Names) -> String {
    format!("slot/{}/0", names.erp)
}

fn payload() -> ContentHash {
    ContentHash::of(b"payload")
}

fn token(claim: Claim) -> String {
    match claim {
        Claim::Fresh(token) => token,
        other => panic!("not fresh: {other:?}"),
    }
}

/// Of sixteen who claim at once, one has it; the others see that it is in flight.
pub async fn one_owner_at_a_time(stores: &impl Stores) {
    let names = Names::new();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (stores, key) = (stores.clone(), key(&names));
        tasks.spawn(async move { stores.claim(&key, &payload(), NOON, NOON.plus_seconds(30)).await.expect("claim") });
    }
    let claims = tasks.join_all().await;
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Fresh(_))).count(), 1, "{claims:?}");
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::InFlight).count(), 15, "{claims:?}");
}

/// A claim ends at its time, not a second before; the next owner's token is another one.
pub async fn an_expired_claim_is_free(stores: &impl Stores) {
    let names = Names::new();
    let key = key(&names);
    let until = NOON.plus_seconds(30);
    let first = token(stores.claim(&key, &payload(), NOON, until).await.expect("claim"));
    assert_eq!(stores.claim(&key, &payload(), until.minus_seconds(1), until).await.expect("claim"), Claim::InFlight);
    let second = token(stores.claim(&key, &payload(), until, until.plus_seconds(30)).await.expect("claim"));
    assert_ne!(first, second);
    assert!(!stores.complete(&key, &first, "late", until.plus_seconds(60)).await.expect("complete"), "it is no longer the owner");
    assert!(stores.complete(&key, &second, "done", until.plus_seconds(60)).await.expect("complete"));
}

/// What was done is said to whoever claims it again, for as long as it is kept.
pub async fn a_result_is_remembered_until_it_expires(stores: &impl Stores) {
    let names = Names::new();
    let key = key(&names);
    let (lease, kept) = (NOON.plus_seconds(30), NOON.plus_seconds(3600));
    let owner = token(stores.claim(&key, &payload(), NOON, lease).await.expect("claim"));
    assert!(stores.complete(&key, &owner, "SO-1", kept).await.expect("complete"));
    let later = kept.minus_seconds(1);
    assert_eq!(stores.claim(&key, &payload(), later, kept).await.expect("claim"), Claim::Done("SO-1".to_owned()));
    token(stores.claim(&key, &payload(), kept, kept.plus_seconds(30)).await.expect("claim"));
}

/// The same key for something else is an error of the caller, in flight or done.
pub async fn another_payload_is_a_mismatch(stores: &impl Stores) {
    let names = Names::new();
    let key = key(&names);
    let (other, until) = (ContentHash::of(b"another"), NOON.plus_seconds(30));
    let owner = token(stores.claim(&key, &payload(), NOON, until).await.expect("claim"));
    assert_eq!(stores.claim(&key, &other, NOON, until).await.expect("claim"), Claim::Mismatch);
    assert!(stores.complete(&key, &owner, "", until).await.expect("complete"));
    assert_eq!(stores.claim(&key, &other, NOON, until).await.expect("claim"), Claim::Mismatch);
    token(stores.claim(&key, &other, until, until.plus_seconds(1)).await.expect("claim"));
}

/// A wrong token ends nothing; the right one gives the key back, once; what is done cannot be given back.
pub async fn only_the_owner_ends_a_claim(stores: &impl Stores) {
    let names = Names::new();
    let key = key(&names);
    let until = NOON.plus_seconds(30);
    assert!(!stores.give_back(&key, "nobody").await.expect("give back"), "there is no claim");
    assert!(!stores.complete(&key, "nobody", "", until).await.expect("complete"), "there is no claim");
    let owner = token(stores.claim(&key, &payload(), NOON, until).await.expect("claim"));
    assert!(!stores.give_back(&key, "wrong").await.expect("give back"));
    assert!(!stores.complete(&key, "wrong", "", until).await.expect("complete"));
    assert_eq!(stores.claim(&key, &payload(), NOON, until).await.expect("claim"), Claim::InFlight);
    assert!(stores.give_back(&key, &owner).await.expect("give back"));
    assert!(!stores.give_back(&key, &owner).await.expect("give back"));
    let next = token(stores.claim(&key, &payload(), NOON, until).await.expect("claim"));
    assert!(stores.complete(&key, &next, "done", until).await.expect("complete"));
    assert!(!stores.give_back(&key, &next).await.expect("give back"));
    assert_eq!(stores.claim(&key, &payload(), NOON, until).await.expect("claim"), Claim::Done("done".to_owned()));
}
