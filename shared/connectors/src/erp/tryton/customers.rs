//! Who buys, and where to: parties by their unique code, and their addresses, used again where they are equal.

use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::ErpOrder;
use waybill_domain::store_order::Address;
use waybill_workflow::CallError;

use super::Desk;
use super::client::Call;
use super::error::Verdict;
use super::known::Country;
use super::wire::Id;
use crate::erp::scrub::Scrub;

/// Whom a sale is for.
pub(super) struct Customer {
    pub(super) party: u64,
    pub(super) invoice_address: u64,
    pub(super) shipment_address: u64,
}

#[derive(Deserialize)]
struct Party {
    id: u64,
    addresses: Vec<Row>,
}

const PARTY: &[&str] = &[
    "addresses.party_name",
    "addresses.attn",
    "addresses.street_unstructured",
    "addresses.postal_code",
    "addresses.city",
    "addresses.country",
    "addresses.subdivision",
];
const ADDRESS: &[&str] = &["party_name", "attn", "street_unstructured", "postal_code", "city", "country", "subdivision"];

/// An address as Tryton has it. Its `Debug` would be personal data.
#[derive(Deserialize)]
struct Row {
    id: u64,
    #[serde(flatten)]
    place: Place,
}

/// What makes two addresses equal.
#[derive(Clone, PartialEq, Eq, Deserialize)]
struct Place {
    party_name: Option<String>,
    attn: Option<String>,
    street_unstructured: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    country: Option<u64>,
    subdivision: Option<u64>,
}

impl Place {
    fn of(address: &Address, country: Option<&Country>) -> Self {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (person, company) = (filled(&person(address)), filled(&address.company));
        let street = [&address.address_1, &address.address_2].map(|line| filled(line));
        let street: Vec<String> = street.into_iter().flatten().collect();
        let state = address.state.trim();
        let code = if state.contains('-') { state.to_owned() } else { format!("{}-{state}", address.country) };
        let subdivision = country.and_then(|country| country.states.get(&code)).copied();
        // A state that Tryton does not know is kept as people write it.
        let city = match subdivision {
            None if !state.is_empty() => format!("{}, {state}", address.city.trim()),
            _ => address.city.trim().to_owned(),
        };
        Self {
            attn: person.clone().filter(|_| company.is_some()),
            party_name: company.or(person),
            street_unstructured: filled(&street.join("\n")),
            postal_code: filled(&address.postcode),
            city: filled(&city),
            country: country.map(|country| country.id),
            subdivision,
        }
    }

    fn json(&self) -> Value {
        json!({
            "party_name": self.party_name, "attn": self.attn, "street_unstructured": self.street_unstructured,
            "postal_code": self.postal_code, "city": self.city, "country": self.country, "subdivision": self.subdivision,
        })
    }

    fn is_in(&self, rows: &[Row]) -> Option<u64> {
        rows.iter().find(|row| row.place == *self).map(|row| row.id)
    }
}

fn person(address: &Address) -> String {
    format!("{} {}", address.first_name.trim(), address.last_name.trim())
}

impl Desk {
    /// The party and addresses of an order; made if they are not there. All of it can be repeated: a party's code is unique, an equal
    /// address is used again.
    pub(super) async fn customer(&self, order: &ErpOrder, scrub: &Scrub) -> Result<Customer, CallError> {
        let billing = Place::of(&order.billing, self.country(&order.billing.country).await?.as_ref());
        let shipping = Place::of(&order.shipping, self.country(&order.shipping.country).await?.as_ref());
        let places = [&billing, &shipping];
        let party = match (order.customer_id, self.records.guest_customer) {
            (None, Some(party)) => Party { id: party, addresses: self.addresses_of_guests(party, places).await? },
            (Some(id), _) => self.party(&format!("{}-{id}", order.store), order, places, scrub).await?,
            // Never the code of a customer: those end in a number.
            (None, None) => self.party(&format!("{}-guest", order.reference), order, places, scrub).await?,
        };
        let mut rows = party.addresses;
        let mut ids = [0, 0];
        for (id, place) in ids.iter_mut().zip(places) {
            *id = match place.is_in(&rows) {
                Some(id) => id,
                None => {
                    let made = self.make_address(party.id, place, scrub).await?;
                    rows.push(Row { id: made, place: place.clone() });
                    made
                }
            };
        }
        let [invoice_address, shipment_address] = ids;
        Ok(Customer { party: party.id, invoice_address, shipment_address })
    }

    async fn party(&self, code: &str, order: &ErpOrder, places: [&Place; 2], scrub: &Scrub) -> Result<Party, CallError> {
        if let Some(party) = self.find_party(code).await? {
            return Ok(party);
        }
        let [billing, shipping] = places;
        let mut addresses = vec![billing.json()];
        if shipping != billing {
            addresses.push(shipping.json());
        }
        let contacts = [("email", &order.billing.email), ("phone", &order.billing.phone)];
        let contacts = contacts.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let contacts: Vec<Value> = contacts.map(|(kind, value)| json!({ "type": kind, "value": value.trim() })).collect();
        let mut body = json!({ "name": billing.party_name, "code": code, "addresses": [["create", addresses]] });
        let bare = body.clone();
        if !contacts.is_empty() {
            body["contact_mechanisms"] = json!([["create", contacts]]);
        }
        let make = |body| Call::create("party", "party.party", PARTY, body);
        match self.client.call(&make(body)).await {
            Ok(party) => Ok(party),
            Err(refusal) if refusal.is_refusal() => match self.find_party(code).await? {
                // Another one made it a moment ago.
                Some(party) => Ok(party),
                // A telephone number that Tryton does not believe is no reason to lose an order.
                None if !contacts.is_empty() => {
                    tracing::warn!("Tryton refused a new party with its contacts; made without");
                    self.client.call(&make(bare)).await.map_err(|verdict: Verdict| verdict.before(scrub))
                }
                None => Err(refusal.before(scrub)),
            },
            Err(verdict) => Err(verdict.before(scrub)),
        }
    }

    async fn find_party(&self, code: &str) -> Result<Option<Party>, CallError> {
        let call = Call::search("party", "party.party", PARTY, &json!([["code", "=", code]]));
        let rows: Vec<Party> = self.client.call(&call).await.map_err(Verdict::of_read)?;
        Ok(rows.into_iter().next())
    }

    /// Of the party that stands for all guests only the addresses that may be equal: it has very many.
    async fn addresses_of_guests(&self, party: u64, places: [&Place; 2]) -> Result<Vec<Row>, CallError> {
        let same = places.map(|place| {
            json!([
                ["street_unstructured", "=", place.street_unstructured],
                ["postal_code", "=", place.postal_code],
                ["city", "=", place.city]
            ])
        });
        let domain = json!([["party", "=", party], ["OR", same[0], same[1]]]);
        let call = Call::search("addresses", "party.address", ADDRESS, &domain).page(50, 0);
        self.client.call(&call).await.map_err(Verdict::of_read)
    }

    async fn make_address(&self, party: u64, place: &Place, scrub: &Scrub) -> Result<u64, CallError> {
        let mut body = place.json();
        body["party"] = party.into();
        let call = Call::create("address", "party.address", &[], body);
        let made: Id = self.client.call(&call).await.map_err(|verdict| verdict.before(scrub))?;
        Ok(made.id)
    }
}
