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

/// Who comes back after its lease ended has lost the key: it ends nothing of the next owner's, who goes on as if it were alone.
pub async fn a_slow_owner_has_lost_the_key(stores: &impl Stores) {
    let names = Names::new();
    let key = key(&names);
    let (first_end, second_end) = (NOON.plus_seconds(30), NOON.plus_seconds(90));
    let slow = token(stores.claim(&key, &payload(), NOON, first_end).await.expect("claim"));
    let next = token(stores.claim(&key, &payload(), NOON.plus_seconds(31), second_end).await.expect("claim"));
    let late = NOON.plus_seconds(40);
    assert!(!stores.complete(&key, &slow, "late", NOON.plus_seconds(3600)).await.expect("complete"));
    assert!(!stores.give_back(&key, &slow).await.expect("give back"));
    assert_eq!(stores.claim(&key, &payload(), late, second_end).await.expect("claim"), Claim::InFlight, "it is the next one's");
    assert!(stores.complete(&key, &next, "in time", NOON.plus_seconds(3600)).await.expect("complete"));
    assert!(
        !stores.complete(&key, &slow, "late", NOON.plus_seconds(3600)).await.expect("complete"),
        "nor is its result replaced"
    );
    assert_eq!(stores.claim(&key, &payload(), late, second_end).await.expect("claim"), Claim::Done("in time".to_owned()));
}

/// An owner that dies says nothing: of all who wait for its lease to end, one has the key, and a year later it is as free.
pub async fn an_owner_that_died_is_followed_by_one(stores: &impl Stores) {
    let names = Names::new();
    let died = NOON.plus_seconds(30);
    token(stores.claim(&key(&names), &payload(), NOON, died).await.expect("claim"));
    for now in [died, died.plus_seconds(31_536_000)] {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (stores, key) = (stores.clone(), key(&names));
            tasks.spawn(async move { stores.claim(&key, &payload(), now, now.plus_seconds(30)).await.expect("claim") });
        }
        let claims = tasks.join_all().await;
        assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Fresh(_))).count(), 1, "{claims:?}");
    }
}

/// A key that is missing is nobody's: it would be everybody's.
pub async fn without_a_key_nothing_is_claimed(stores: &impl Stores) {
    let until = NOON.plus_seconds(30);
    assert!(stores.claim("", &payload(), NOON, until).await.is_err());
    assert!(stores.claim("", &payload(), NOON, until).await.is_err(), "whoever asks, and however often");
}
