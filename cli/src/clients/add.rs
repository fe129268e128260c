//! Adds a client, or changes one: what is not said stays as it was.

use waybill_domain::{ClientSlug, StoreSlug};
use waybill_workflow::ports::{Client, Clients, Configs, Scope};

use crate::Failure;
use crate::deployment::Deployment;

/// What is said about a client.
#[derive(Clone, Default)]
pub struct NewClient {
    /// All stores it may report and ask for; empty leaves those that are known.
    pub stores: Vec<StoreSlug>,
    /// All it may do; empty leaves what is known.
    pub scopes: Vec<Scope>,
    /// A secret to sign with from now on; those that are known are accepted beside it.
    pub secret: Option<String>,
    /// Forget all secrets but the newest.
    pub drop_old: bool,
}

/// A secret that nobody can guess: 32 random bytes in hexadecimal.
///
/// # Errors
/// If the system has no chance to give.
pub fn random_secret() -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The client that follows from what was and what is said.
///
/// # Errors
/// One sentence on what is missing.
pub fn merge(slug: &ClientSlug, before: Option<Client>, new: &NewClient) -> Result<Client, String> {
    let mut client = before.unwrap_or_default();
    if !new.stores.is_empty() {
        client.stores.clone_from(&new.stores);
        client.stores.sort();
        client.stores.dedup();
    }
    if !new.scopes.is_empty() {
        client.scopes.clear();
        for scope in [Scope::Shipments, Scope::Returns, Scope::Fulfilments] {
            client.scopes.extend(new.scopes.contains(&scope).then_some(scope));
        }
    }
    if let Some(secret) = &new.secret {
        client.secrets.retain(|known| known != secret);
        client.secrets.insert(0, secret.clone());
    }
    if new.drop_old {
        client.secrets.truncate(1);
    }
    let missing = [
        (client.secrets.is_empty(), "secret (--rotate makes one)"),
        (client.stores.is_empty(), "store (--store)"),
        (client.scopes.is_empty(), "scope (--scope)"),
    ];
    let missing: Vec<&str> = missing.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what).collect();
    if missing.is_empty() { Ok(client) } else { Err(format!("client {slug} has no {}", missing.join(" and no "))) }
}

/// Writes a client.
///
/// # Errors
/// One sentence on what is missing, cannot be, or did not answer.
pub async fn add(deployment: &Deployment, slug: &ClientSlug, new: &NewClient) -> Result<Client, Failure> {
    let explain = |error| deployment.explain(&error);
    let before = deployment.secrets.client(slug, true).await.map_err(explain)?;
    let client = merge(slug, before.clone(), new)?;
    for store in &new.stores {
        if deployment.dynamo.store(store).await.map_err(explain)?.is_none() {
            return Err(format!("there is no store {store}; add it first with `waybill store add {store}`").into());
        }
    }
    if before.as_ref() != Some(&client) {
        deployment.secrets.put_client(slug, &client).await.map_err(explain)?;
        if before.is_some() {
            deployment.secrets_known_everywhere().await;
        }
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug() -> ClientSlug {
        "berlin".parse().unwrap()
    }

    fn stores(slugs: &[&str]) -> Vec<StoreSlug> {
        slugs.iter().map(|slug| slug.parse().unwrap()).collect()
    }

    fn first() -> NewClient {
        NewClient {
            stores: stores(&["shop", "brand-b", "shop"]),
            scopes: vec![Scope::Fulfilments, Scope::Shipments],
            secret: Some("one".to_owned()),
            drop_old: false,
        }
    }

    #[test]
    fn a_new_client_says_all_of_it_and_a_changed_one_keeps_what_is_not_said() {
        let client = merge(&slug(), None, &first()).unwrap();
        assert_eq!(client.stores, stores(&["brand-b", "shop"]));
        assert_eq!(client.scopes, [Scope::Shipments, Scope::Fulfilments]);
        assert_eq!(merge(&slug(), Some(client.clone()), &NewClient::default()), Ok(client.clone()));
        let returns = NewClient { scopes: vec![Scope::Returns], ..NewClient::default() };
        let narrowed = merge(&slug(), Some(client.clone()), &returns).unwrap();
        assert_eq!((narrowed.scopes, narrowed.stores, narrowed.secrets), (vec![Scope::Returns], client.stores, client.secrets));
        let said = merge(&slug(), None, &NewClient::default()).unwrap_err();
        assert!(said.contains("--rotate") && said.contains("--store") && said.contains("--scope"), "{said}");
    }

    #[test]
    fn a_rotated_secret_is_the_first_and_the_old_one_lasts_until_it_is_dropped() {
        let client = merge(&slug(), None, &first()).unwrap();
        let rotate = NewClient { secret: Some("two".to_owned()), ..NewClient::default() };
        let both = merge(&slug(), Some(client.clone()), &rotate).unwrap();
        assert_eq!(both.secrets, ["two", "one"]);
        assert_eq!(merge(&slug(), Some(both.clone()), &rotate), Ok(both.clone()), "the same secret is not kept twice");
        let drop = NewClient { drop_old: true, ..NewClient::default() };
        assert_eq!(merge(&slug(), Some(both), &drop).unwrap().secrets, ["two"]);
        assert_eq!(merge(&slug(), Some(client), &NewClient { drop_old: true, ..rotate }).unwrap().secrets, ["two"]);
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let (one, two) = (random_secret().unwrap(), random_secret().unwrap());
        assert!(one != two && one.len() == 64 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
