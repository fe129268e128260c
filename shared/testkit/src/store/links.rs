//! `_links`, which every resource of the REST API carries.

use serde::Serialize;

/// The links of a resource.
#[derive(Serialize)]
pub(super) struct Links {
    #[serde(rename = "self")]
    itself: [Link; 1],
    collection: [Link; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    email_templates: Option<[EmailTemplates; 1]>,
}

#[derive(Serialize)]
struct Link {
    href: String,
    #[serde(rename = "targetHints", skip_serializing_if = "Option::is_none")]
    target_hints: Option<Hints>,
}

#[derive(Serialize)]
struct Hints {
    allow: [&'static str; 5],
}

#[derive(Serialize)]
struct EmailTemplates {
    embeddable: bool,
    href: String,
}

impl Links {
    /// Those of resource `id` in `collection`, such as `orders`.
    pub(super) fn new(site_url: &str, collection: &str, id: u64) -> Self {
        let collection = format!("{site_url}/wp-json/wc/v3/{collection}");
        let allow = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        Self {
            itself: [Link { href: format!("{collection}/{id}"), target_hints: Some(Hints { allow }) }],
            collection: [Link { href: collection, target_hints: None }],
            email_templates: None,
        }
    }

    /// With the link that orders have besides.
    pub(super) fn with_email_templates(self) -> Self {
        let href = format!("{}/actions/email_templates", self.itself[0].href);
        Self { email_templates: Some([EmailTemplates { embeddable: true, href }]), ..self }
    }
}
