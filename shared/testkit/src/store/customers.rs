//! Invented people, with the names and addresses that break careless software.

use serde::{Deserialize, Serialize};

/// A billing or shipping address as the REST API writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Company, or empty.
    pub company: String,
    /// Street and number.
    pub address_1: String,
    /// Further address line, or empty.
    pub address_2: String,
    /// Town.
    pub city: String,
    /// State or region code, or empty.
    pub state: String,
    /// Postal code.
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Billing addresses only; always at `example.test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number, or empty.
    pub phone: String,
}

impl Address {
    /// The same place as a shipping address, which has no e-mail.
    #[must_use]
    pub fn without_email(&self) -> Self {
        Self { email: None, ..self.clone() }
    }
}

/// First name, last name, company, street, postcode, town, country, mailbox.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const PEOPLE: [Row; 8] = [
    ("Zoë", "Großmann", "", "Prüfweg 12/3", "10115", "Berlin", "DE", "zoe"),
    ("Łukasz", "Żółkiewski", "", "ul. Przykładowa 7", "00-001", "Warszawa", "PL", "lukasz"),
    ("Aoife", "O'Beispiel", "Test & Söhne <GmbH>", "\"Haus\" am Probeplatz 1", "20095", "Hamburg", "DE", "aoife"),
    ("花子", "例", "", "見本町一丁目 2-3", "100-0001", "千代田区", "JP", "hanako"),
    ("Björk", "Prufudóttir", "", "Dæmigata 4", "101", "Reykjavík", "IS", "bjork"),
    ("José Ángel", "Muñoz-Ejemplo", "", "C/ de la Prueba 9, 2º", "28001", "Madrid", "ES", "jose"),
    ("Emma", "Muster 😀", "", "Beispielstraße 5", "80331", "München", "DE", "emma"),
    ("Ann", "Example", "Example Ltd", "1 Sample Street", "EC1A 1AA", "London", "GB", "ann"),
];

/// The billing address of invented customer `n`; there are eight, after which they come round again.
#[must_use]
pub fn customer(n: u64) -> Address {
    let index = usize::try_from(n % PEOPLE.len() as u64).unwrap_or(0);
    let (first, last, company, street, postcode, city, country, mailbox) = PEOPLE[index];
    Address {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        company: company.to_owned(),
        address_1: street.to_owned(),
        address_2: String::new(),
        city: city.to_owned(),
        state: String::new(),
        postcode: postcode.to_owned(),
        country: country.to_owned(),
        email: Some(format!("{mailbox}@example.test")),
        phone: "+49 30 000000".to_owned(),
    }
}
