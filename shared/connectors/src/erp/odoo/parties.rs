//! Customers and their addresses, found by our reference in `ref`. That is not unique in Odoo: two first orders of one customer at the same
//! moment may make two records of it, of which the older is used from then on.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use waybill_domain::ErpOrder;
use waybill_domain::store_order::Address;
use waybill_workflow::CallError;

use super::OdooErp;
use super::caches::Kept;
use super::call::Call;
use super::row::rows;
use crate::erp::scrub::Scrub;

/// Countries and states by their codes.
pub(super) struct Places {
    countries: Kept<String, Option<u64>>,
    states: Kept<(u64, String), Option<u64>>,
}

impl Default for Places {
    fn default() -> Self {
        Self { countries: Kept::new(), states: Kept::new() }
    }
}

/// Who an order is for.
pub(super) struct Parties {
    pub(super) customer: u64,
    pub(super) invoice: u64,
    pub(super) delivery: u64,
}

impl OdooErp {
    /// The customer and the two addresses of an order; what is not there yet is made.
    pub(super) async fn parties(&self, order: &ErpOrder, scrub: &Scrub) -> Result<Parties, CallError> {
        let guests = self.records()?.guest_customer;
        let (shared, name) = match order.customer_id {
            Some(id) => (None, format!("{}-customer-{id}", order.store)),
            None if guests.is_some() => (guests, format!("{}-guest", order.store)),
            None => (None, format!("{}-guest", order.reference)),
        };
        let addresses = [("invoice", &order.billing), ("delivery", &order.shipping)];
        let [billing, shipping] = addresses.map(|(_, address)| format!("{name}-{}", fingerprint(address)));
        let mut wanted: BTreeMap<&str, (&str, &Address)> = BTreeMap::new();
        wanted.insert(&billing, ("invoice", &order.billing));
        // Also where both are the same: the one that goods are sent to.
        wanted.insert(&shipping, ("delivery", &order.shipping));
        let names: Vec<&str> = wanted.keys().copied().chain([name.as_str()]).collect();

        let mut known = self.parties_by_ref(&names, scrub).await?;
        let customer = shared.or(known.get(name.as_str()).copied());
        let missing: Vec<_> = wanted.iter().filter(|(name, _)| !known.contains_key(**name)).collect();
        let mut contacts = Vec::new();
        for (name, (kind, address)) in &missing {
            let mut values = self.contact(address, scrub).await?;
            values.extend([("ref".to_owned(), json!(name)), ("type".to_owned(), json!(kind))]);
            contacts.push((**name, values));
        }
        match customer {
            Some(customer) => {
                for (name, mut values) in contacts {
                    values.insert("parent_id".to_owned(), json!(customer));
                    let id = self.make("res.partner", Value::Object(values), scrub).await?;
                    known.insert(name.to_owned(), id);
                }
            }
            None => {
                let mut values = self.contact(&order.billing, scrub).await?;
                let children: Vec<Value> = contacts.into_iter().map(|(_, values)| json!([0, 0, values])).collect();
                values.extend([
                    ("ref".to_owned(), json!(name)),
                    ("customer_rank".to_owned(), json!(1)),
                    ("child_ids".to_owned(), json!(children)),
                ]);
                self.make("res.partner", Value::Object(values), scrub).await?;
                known = self.parties_by_ref(&names, scrub).await?;
            }
        }
        let of = |name: &str| known.get(name).copied();
        let customer = shared.or(of(&name));
        match (customer, of(&billing), of(&shipping)) {
            (Some(customer), Some(invoice), Some(delivery)) => Ok(Parties { customer, invoice, delivery }),
            _ => Err(CallError::Down { reason: "res.partner.search_read: a customer that was made is not found".to_owned() }),
        }
    }

    async fn parties_by_ref(&self, names: &[&str], scrub: &Scrub) -> Result<BTreeMap<String, u64>, CallError> {
        let call = || Call::search("res.partner", json!([["ref", "in", names]]), &["ref"]);
        let answer = self.client.call(call(), scrub).await?;
        let mut known = BTreeMap::new();
        for (name, id) in rows(&call(), &answer, |row| Some((row.text("ref")?.to_owned(), row.id()?)))? {
            let oldest = known.entry(name).or_insert(id);
            *oldest = id.min(*oldest);
        }
        Ok(known)
    }

    /// Makes a record; its id.
    pub(super) async fn make(&self, model: &'static str, values: Value, scrub: &Scrub) -> Result<u64, CallError> {
        let answer = self.client.call(Call::create(model, values), scrub).await?;
        made(model, &answer)
    }

    /// What a contact is made of.
    async fn contact(&self, address: &Address, scrub: &Scrub) -> Result<Map<String, Value>, CallError> {
        let mut values = Map::new();
        let mut put = |field: &str, value: &str| {
            if !value.trim().is_empty() {
                values.insert(field.to_owned(), json!(value.trim()));
            }
        };
        put("name", &name(address));
        put("email", &address.email);
        put("phone", &address.phone);
        put("street", &address.address_1);
        put("street2", &address.address_2);
        put("city", &address.city);
        put("zip", &address.postcode);
        if let Some(country) = self.country(&address.country, scrub).await? {
            values.insert("country_id".to_owned(), json!(country));
            if let Some(state) = self.state(country, &address.state, scrub).await? {
                values.insert("state_id".to_owned(), json!(state));
            }
        }
        Ok(values)
    }

    async fn country(&self, code: &str, scrub: &Scrub) -> Result<Option<u64>, CallError> {
        let key = code.to_owned();
        if code.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.places.countries.get(&key) {
            return Ok(known);
        }
        let id = self.place("res.country", json!([["code", "=", code]]), scrub).await?;
        self.places.countries.put(key, id);
        Ok(id)
    }

    async fn state(&self, country: u64, code: &str, scrub: &Scrub) -> Result<Option<u64>, CallError> {
        let key = (country, code.to_owned());
        if code.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.places.states.get(&key) {
            return Ok(known);
        }
        let domain = json!([["code", "=", code], ["country_id", "=", country]]);
        let id = self.place("res.country.state", domain, scrub).await?;
        self.places.states.put(key, id);
        Ok(id)
    }

    async fn place(&self, model: &'static str, domain: Value, scrub: &Scrub) -> Result<Option<u64>, CallError> {
        let call = || Call::search(model, domain.clone(), &["id"]);
        let answer = self.client.call(call(), scrub).await?;
        Ok(rows(&call(), &answer, |row| row.id())?.first().copied())
    }
}

/// The id in the answer to a create: `[7]`.
pub(super) fn made(model: &str, answer: &Value) -> Result<u64, CallError> {
    let id = answer.as_array().filter(|ids| ids.len() == 1).and_then(|ids| ids.first()?.as_u64());
    id.ok_or_else(|| CallError::Unknown { reason: format!("{model}.create: the answer is not one id") })
}

/// Never empty: Odoo wants a name.
fn name(address: &Address) -> String {
    let person = format!("{} {}", address.first_name.trim(), address.last_name.trim());
    let parts: Vec<&str> = [address.company.trim(), person.trim()].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "Customer".to_owned() } else { parts.join(", ") }
}

/// The same for the same address, and nothing that can be read back.
fn fingerprint(address: &Address) -> String {
    let Address { first_name, last_name, company, address_1, address_2, city, state, postcode, country, email, phone } = address;
    let mut digest = Sha256::new();
    for part in [first_name, last_name, company, address_1, address_2, city, state, postcode, country, email, phone] {
        digest.update(part.trim().to_lowercase().as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
