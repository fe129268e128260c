//! The clients of Waybill's own API: what each may do, for which stores, and the secrets it signs with.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use serde::{Deserialize, Serialize};
use waybill_domain::{ClientSlug, StoreSlug};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Client, Clients, Scope};

use super::{PART, Secrets};
use crate::error::unavailable;

#[derive(Serialize, Deserialize)]
struct ClientJson {
    secrets: Vec<String>,
    scopes: Vec<Scope>,
    stores: Vec<StoreSlug>,
}

impl Clients for Secrets {
    async fn client(&self, slug: &ClientSlug, fresh: bool) -> Result<Option<Client>, Unavailable> {
        let secret: Option<ClientJson> = self.read(&self.names.client_secret(slug), fresh).await?;
        Ok(secret.map(|ClientJson { secrets, scopes, stores }| Client { secrets, scopes, stores }))
    }
}

impl Secrets {
    /// Writes a client: creates it, or replaces all of it.
    ///
    /// # Errors
    /// [`Unavailable`] if Secrets Manager refuses.
    pub async fn put_client(&self, slug: &ClientSlug, client: &Client) -> Result<(), Unavailable> {
        let Client { secrets, scopes, stores } = client.clone();
        self.write(self.names.client_secret(slug), &ClientJson { secrets, scopes, stores }).await
    }

    /// The names of all clients, sorted: for the command line, which may list secrets; no function may.
    ///
    /// # Errors
    /// [`Unavailable`] if Secrets Manager refuses.
    pub async fn client_slugs(&self) -> Result<Vec<ClientSlug>, Unavailable> {
        let prefix = self.names.client_secrets();
        let filter = Filter::builder().key(FilterNameStringType::Name).values(&prefix).build();
        let mut pages = self.client.list_secrets().filters(filter).into_paginator().send();
        let mut slugs = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| unavailable(PART, &error))?;
            let names = page.secret_list.unwrap_or_default().into_iter().filter_map(|entry| entry.name);
            // The filter compares without case, and is no promise.
            slugs.extend(names.filter_map(|name| name.strip_prefix(&prefix)?.parse::<ClientSlug>().ok()));
        }
        slugs.sort();
        Ok(slugs)
    }
}
