//! Clients of the API in memory. They sign as real ones do.

use waybill_domain::{ClientSlug, StoreSlug};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Client, ClientSignatures, Clients, Scope, SignedRequest};

use super::World;
use crate::warehouse::sign::signature;

impl World {
    /// Makes a client known, with one secret, for one store.
    pub fn add_client(&self, slug: &str, secret: &str, scopes: &[Scope], store: &str) {
        let store: StoreSlug = store.parse().expect("slug");
        let client = Client { secrets: vec![secret.to_owned()], scopes: scopes.to_vec(), stores: vec![store] };
        self.state().clients.insert(slug.parse().expect("slug"), client);
    }
}

impl Clients for World {
    async fn client(&self, slug: &ClientSlug, fresh: bool) -> Result<Option<Client>, Unavailable> {
        if let Some(cached) = self.state().clients_cached.get(slug).filter(|_| !fresh) {
            return Ok(Some(cached.clone()));
        }
        self.call("secrets.client", |state| {
            let client = state.clients.get(slug).cloned();
            if let Some(client) = &client {
                state.clients_cached.insert(slug.clone(), client.clone());
            }
            client
        })
        .await
    }
}

impl ClientSignatures for World {
    fn is_signed(&self, secrets: &[String], request: &SignedRequest<'_>, given: &str) -> bool {
        // The text is signed as it stands in the header: another way to write the same second is another signature.
        let timestamp = request.timestamp.parse().ok().filter(|number: &i64| number.to_string() == request.timestamp);
        let Some(timestamp) = timestamp else { return false };
        secrets.iter().any(|secret| signature(secret, timestamp, request.method, request.path, request.body) == given)
    }
}
