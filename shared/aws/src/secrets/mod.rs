//! The secrets of stores, ERPs and clients, kept for five minutes, and for a day while the service does not answer. No error and no log line ever has a value in it.

mod cache;
mod clients;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use waybill_domain::{ErpSlug, StoreSlug};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{StoreSecrets, WebhookSecrets};

pub use self::cache::REFETCH;
use self::cache::{Cache, Stale, Text};
use crate::error::unavailable;
use crate::names::Names;

const PART: &str = "secrets";
/// How long the service may take to say whether a known secret changed. A delivery waits for it.
const IF_KNOWN: Duration = Duration::from_millis(1000);

/// The secrets of a deployment. Cheap to clone: clones share the cache.
#[derive(Clone)]
pub struct Secrets {
    client: Client,
    names: Names,
    cache: Arc<Cache>,
    ahead: Duration,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.names.deployment())
    }
}

#[derive(Serialize, Deserialize)]
struct StoreJson {
    webhook_secrets: Vec<String>,
    #[serde(default)]
    consumer_key: String,
    #[serde(default)]
    consumer_secret: String,
}

#[derive(Serialize, Deserialize)]
struct ErpJson {
    token: String,
}

impl WebhookSecrets for Secrets {
    async fn webhook_secrets(&self, store: &StoreSlug, fresh: bool) -> Result<Option<Vec<String>>, Unavailable> {
        let secret: Option<StoreJson> = self.read(&self.names.store_secret(store), fresh).await?;
        Ok(secret.map(|secret| secret.webhook_secrets))
    }
}

impl Secrets {
    /// The secrets of this deployment.
    pub fn new(config: &SdkConfig, names: &Names) -> Self {
        Self::with_client(Client::new(config), names)
    }

    /// The secrets of this deployment, through this client.
    pub fn with_client(client: Client, names: &Names) -> Self {
        Secrets { client, names: names.clone(), cache: Arc::default(), ahead: Duration::ZERO }
    }

    /// The same secrets, as they will be kept after this time: for tests.
    #[must_use]
    pub fn after(&self, time: Duration) -> Self {
        Secrets { ahead: self.ahead + time, ..self.clone() }
    }

    /// All secrets of a store; `None` if there is no such store.
    ///
    /// # Errors
    /// [`Unavailable`] if Secrets Manager does not answer or the secret has another form.
    pub async fn store(&self, store: &StoreSlug) -> Result<Option<StoreSecrets>, Unavailable> {
        let secret: Option<StoreJson> = self.read(&self.names.store_secret(store), false).await?;
        Ok(secret.map(|secret| StoreSecrets {
            webhook_secrets: secret.webhook_secrets,
            consumer_key: secret.consumer_key,
            consumer_secret: secret.consumer_secret,
        }))
    }

    /// The token of an ERP; `None` if there is no such ERP.
    ///
    /// # Errors
    /// [`Unavailable`] if Secrets Manager does not answer or the secret has another form.
    pub async fn erp_token(&self, erp: &ErpSlug) -> Result<Option<String>, Unavailable> {
        let secret: Option<ErpJson> = self.read(&self.names.erp_secret(erp), false).await?;
        Ok(secret.map(|secret| secret.token))
    }

    /// Writes the secrets of a store: creates them, or replaces all of them.
    ///
    /// # Errors
    /// [`Unavailable`] if Secrets Manager refuses; `AccessDeniedException` is in the reason.
    pub async fn put_store(&self, store: &StoreSlug, secrets: &StoreSecrets) -> Result<(), Unavailable> {
        let json = StoreJson {
            webhook_secrets: secrets.webhook_secrets.clone(),
            consumer_key: secrets.consumer_key.clone(),
            consumer_secret: secrets.consumer_secret.clone(),
        };
        self.write(self.names.store_secret(store), &json).await
    }

    /// Writes the token of an ERP.
    ///
    /// # Errors
    /// [`Unavailable`] if Secrets Manager refuses.
    pub async fn put_erp_token(&self, erp: &ErpSlug, token: &str) -> Result<(), Unavailable> {
        self.write(self.names.erp_secret(erp), &ErpJson { token: token.to_owned() }).await
    }

    async fn read<T: DeserializeOwned>(&self, name: &str, fresh: bool) -> Result<Option<T>, Unavailable> {
        let text = match self.cache.get(name, fresh, self.now()) {
            Some(text) => text,
            None => self.ask(name, fresh).await?,
        };
        let parsed = text.map(|text| serde_json::from_str(&text)).transpose();
        // The parser's message may quote the text.
        parsed.map_err(|_| Unavailable::new(PART, "a secret does not have the form it should have"))
    }

    fn now(&self) -> Instant {
        Instant::now() + self.ahead
    }

    /// Asks the service. While it does not answer, what it said last serves on; but who wants to know whether that has changed is told
    /// that nobody knows.
    async fn ask(&self, name: &str, fresh: bool) -> Result<Text, Unavailable> {
        let failed = match self.cache.stale(name, self.now()) {
            Some(Stale { failed: true, .. }) => Unavailable::new(PART, "it did not answer a moment ago"),
            known => {
                let patience = if known.is_some() { IF_KNOWN } else { Duration::MAX };
                let fetched = tokio::time::timeout(patience, self.fetch(name)).await;
                match fetched.unwrap_or_else(|_| Err(Unavailable::new(PART, "it did not answer in time"))) {
                    Ok(text) => {
                        self.cache.put(name, text.clone(), self.now());
                        return Ok(text);
                    }
                    Err(error) => {
                        self.cache.failed(name, self.now());
                        tracing::warn!(%error, "secrets cannot be read; those of an earlier day serve on");
                        error
                    }
                }
            }
        };
        match self.cache.stale(name, self.now()) {
            Some(Stale { text, .. }) if !fresh => Ok(Some(text)),
            _ => Err(failed),
        }
    }

    async fn fetch(&self, name: &str) -> Result<Text, Unavailable> {
        match self.client.get_secret_value().secret_id(name).send().await {
            Ok(answer) => {
                answer.secret_string.map(|text| Some(text.into())).ok_or_else(|| Unavailable::new(PART, "a secret is not text"))
            }
            // Not there, or marked for deletion.
            Err(error) if matches!(error.code(), Some("ResourceNotFoundException" | "InvalidRequestException")) => Ok(None),
            Err(error) => Err(unavailable(PART, &error)),
        }
    }

    async fn write(&self, name: String, json: &impl Serialize) -> Result<(), Unavailable> {
        let text = serde_json::to_string(json).map_err(|_| Unavailable::new(PART, "a secret cannot be written"))?;
        self.cache.forget(&name);
        match self.client.put_secret_value().secret_id(&name).secret_string(&text).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                let create = self.client.create_secret().name(name).secret_string(text);
                create.send().await.map(|_| ()).map_err(|error| unavailable(PART, &error))
            }
            Err(error) => Err(unavailable(PART, &error)),
        }
    }
}
