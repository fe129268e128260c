//! Deliveries put aside on intake's own queue, as JSON with the body in gzip and base64: the signed bytes come back exactly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use waybill_contracts::Unread;
use waybill_contracts::version::{self, Version1};
use waybill_domain::{Step, StoreSlug};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{Delivery, Spool, Spooled};

use super::Sqs;
use crate::error::unavailable;
use crate::gzip;

const PART: &str = "spool";
/// What SQS takes in one message: 1 MiB, of which a little is left for the message's own frame.
const LARGEST: usize = 1024 * 1024 - 1024;

#[derive(Serialize, Deserialize)]
struct Message {
    v: Version1,
    store: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivery_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    body: String,
    verified: bool,
}

impl Spool for Sqs {
    async fn spool(&self, spooled: &Spooled) -> Result<(), Unavailable> {
        let message = message(spooled)?;
        if message.len() > LARGEST {
            return Err(Unavailable::new(PART, format!("{} bytes are more than a message can have", message.len())));
        }
        let request = self.client.send_message().queue_url(self.queues.url(Step::Intake)?).message_body(message);
        // The path is not trusted: only what is a slug may name a group.
        let group = spooled.delivery.store.parse::<StoreSlug>().ok().map(String::from);
        request.set_message_group_id(group).send().await.map(|_| ()).map_err(|error| unavailable(PART, &error))
    }
}

/// The text of the message that a delivery is put aside as.
///
/// # Errors
/// [`Unavailable`] if it cannot be compressed or written, which no delivery causes.
pub fn message(spooled: &Spooled) -> Result<String, Unavailable> {
    let delivery = &spooled.delivery;
    let packed = gzip::pack(&delivery.body).map_err(|_| Unavailable::new(PART, "a body cannot be compressed"))?;
    let message = Message {
        v: Version1,
        store: delivery.store.clone(),
        topic: delivery.topic.clone(),
        signature: delivery.signature.clone(),
        delivery_id: delivery.delivery_id.clone(),
        content_type: delivery.content_type.clone(),
        body: STANDARD.encode(packed),
        verified: spooled.verified,
    };
    serde_json::to_string(&message).map_err(|_| Unavailable::new(PART, "a delivery cannot be written"))
}

/// The delivery in a message of intake's queue.
///
/// # Errors
/// [`Unread`]: one of a newer release waits for it; anything else is none of Waybill's.
pub fn spooled_from_message(body: &str) -> Result<Spooled, Unread> {
    let strange = |how: &str| Unread::Strange(how.to_owned());
    let message: Message = version::read(body)?;
    let packed = STANDARD.decode(&message.body).map_err(|_| strange("its body is not base64"))?;
    let body = gzip::unpack(&packed).map_err(|_| strange("its body does not unpack"))?;
    let delivery = Delivery {
        store: message.store,
        topic: message.topic,
        signature: message.signature,
        delivery_id: message.delivery_id,
        content_type: message.content_type,
        body,
    };
    Ok(Spooled { delivery, verified: message.verified })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_comes_back_byte_for_byte() {
        let delivery = Delivery {
            store: "shop".to_owned(),
            topic: Some("order.created".to_owned()),
            signature: Some("c2ln".to_owned()),
            delivery_id: None,
            content_type: Some("application/json".to_owned()),
            body: vec![0, 159, 146, 150, b'{', 0xff],
        };
        let spooled = Spooled { delivery, verified: true };
        let text = message(&spooled).unwrap();
        assert_eq!(spooled_from_message(&text).unwrap(), spooled);
        assert_eq!(spooled_from_message(&text.replace("\"v\":1", "\"v\":1,\"received_at\":7")).unwrap(), spooled);
        assert_eq!(spooled_from_message(&text.replace("\"v\":1", "\"v\":2")), Err(Unread::Newer(2)));
        for strange in
            ["{}".to_owned(), text.replace("\"body\":\"", "\"body\":\"!"), text.replace("\"body\":\"", "\"body\":\"AAAA")]
        {
            assert!(matches!(spooled_from_message(&strange), Err(Unread::Strange(_))), "{strange}");
        }
    }
}
