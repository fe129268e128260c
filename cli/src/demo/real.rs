//! A real ERP in the place of the fake one.

use std::path::Path;

use waybill_domain::{ErpConfig, ErpRecords, ErpSlug};
use waybill_testkit::tryton::{People, Tryton};

use crate::Failure;
use crate::deployment::Deployment;

/// A database of a real Tryton.
pub struct RealErp {
    /// Its people.
    pub people: People,
    server: Tryton,
    database: String,
}

impl RealErp {
    /// Starts one; the first on a machine takes two minutes.
    ///
    /// # Errors
    /// One sentence on what is missing.
    pub fn start(project: &Path) -> Result<Self, Failure> {
        let server = Tryton::start(project)?;
        let database = server.database()?;
        Ok(Self { people: server.people(&database), server, database })
    }

    /// Makes it known to the deployment.
    pub(super) async fn add(&self, deployment: &Deployment, slug: &ErpSlug) -> Result<ErpConfig, Failure> {
        deployment.secrets.put_erp_token(slug, self.server.token()).await.map_err(|error| deployment.explain(&error))?;
        let config = ErpConfig { slug: slug.clone(), version: 0, orders_per_minute: 600, ..self.server.config(&self.database) };
        Ok(deployment.dynamo.put_erp(&config).await?)
    }

    /// What a store's mapping says of it.
    pub(super) fn records(&self) -> ErpRecords {
        self.server.records()
    }
}
