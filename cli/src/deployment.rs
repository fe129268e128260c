//! The deployment a command talks to: the local system, or the one that the ordinary AWS configuration leads to.

use std::future::Future;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use waybill_aws::{Bus, Dynamo, Names, Pace, Secrets, WayBack};
use waybill_domain::{At, StoreSlug};
use waybill_workflow::Unavailable;

use crate::Failure;
use crate::local::{self, Endpoints};

/// A busy laptop answers slowly, and nobody waits behind a command.
const ATTEMPT: Duration = Duration::from_secs(15);

/// One deployment: tables, secrets, queues, bus.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its names.
    pub names: Names,
    /// Its tables.
    pub dynamo: Dynamo,
    /// Its secrets.
    pub secrets: Secrets,
    /// The way back to its queues.
    pub queues: WayBack,
    /// Its bus.
    pub bus: Bus,
    local: Option<Endpoints>,
}

impl Deployment {
    /// The local system if it is up and the environment names no other AWS; else whatever `AWS_PROFILE`, `AWS_REGION` and their like
    /// lead to, with the deployment that `WAYBILL_DEPLOYMENT` names (`waybill` unless set).
    ///
    /// # Errors
    /// If neither is there.
    pub async fn ambient() -> Result<Self, Failure> {
        if let Some(endpoints) = local::ambient()? {
            return Ok(Self::local(&endpoints).await);
        }
        let config = waybill_aws::sdk_config(Pace::STEADY).await;
        if config.region().is_none() {
            let text = "the local system is not running and no AWS region is configured: `waybill local up` starts the one, \
                        AWS_PROFILE or AWS_REGION names the other";
            return Err(text.into());
        }
        Ok(Self::of(&config, Names::from_env(), None))
    }

    /// Waits until every function finds what was just written over an older secret: whoever signs with a new one as soon as it was accepted
    /// is refused by nobody.
    pub async fn secrets_known_everywhere(&self) {
        tokio::time::sleep(waybill_aws::secrets::REFETCH + Duration::from_secs(1)).await;
    }

    /// This local system.
    pub async fn local(endpoints: &Endpoints) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(ATTEMPT).operation_attempt_timeout(ATTEMPT).build();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(waybill_aws::client::http_client())
            .endpoint_url(&endpoints.aws_endpoint_url)
            .region(Region::new(endpoints.region.clone()))
            // Nothing checks them.
            .credentials_provider(Credentials::new("test", "test", None, None, "local"))
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard())
            .load()
            .await;
        Self::of(&config, Names::new(&endpoints.deployment), Some(endpoints.clone()))
    }

    fn of(config: &SdkConfig, names: Names, local: Option<Endpoints>) -> Self {
        Self {
            dynamo: Dynamo::new(config, &names),
            secrets: Secrets::new(config, &names),
            queues: WayBack::new(config, &names),
            bus: Bus::new(config, &names),
            names,
            local,
        }
    }

    /// Where this store's webhooks are to be delivered. In AWS that is the stack's output `WebhookUrl`, which the tables do not know:
    /// `None` unless `api_url` gives the part before `/v1`.
    #[must_use]
    pub fn webhook_url(&self, store: &StoreSlug, api_url: Option<&str>) -> Option<String> {
        match (api_url, &self.local) {
            (Some(api), _) => Some(format!("{}{}", api.trim_end_matches('/'), webhook_path(store))),
            (None, Some(local)) => Some(local.webhook_url(store.as_str())),
            (None, None) => None,
        }
    }

    /// Where clients find Waybill's own API, up to `/v1`. In AWS that is in the stack's outputs, which the tables do not know: `None`.
    #[must_use]
    pub fn api_url(&self) -> Option<&str> {
        self.local.as_ref().map(|local| local.api_url.as_str())
    }

    /// What a failed call to AWS means for the person who gave the command.
    #[must_use]
    pub fn explain(&self, error: &Unavailable) -> String {
        let name = self.names.deployment();
        match error.reason.as_str() {
            "ResourceNotFoundException" => format!(
                "there is no deployment {name:?} in this account and region (no {}); WAYBILL_DEPLOYMENT, AWS_PROFILE and AWS_REGION say \
                 which is meant",
                error.part
            ),
            "AccessDeniedException" => format!("these AWS credentials may not use the {} of deployment {name:?}", error.part),
            "no connection" | "connect timeout" => format!("AWS cannot be reached ({}: {})", error.part, error.reason),
            _ => error.to_string(),
        }
    }
}

/// The path of a store's webhooks in the deployment's HTTP API.
#[must_use]
pub fn webhook_path(store: &StoreSlug) -> String {
    format!("/v1/webhooks/woocommerce/{store}")
}

/// The time on this machine.
#[must_use]
pub fn now() -> At {
    At(jiff::Timestamp::now().as_millisecond())
}

/// Runs a command that talks to the network.
///
/// # Errors
/// What the command ends with.
pub fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(command)
}
