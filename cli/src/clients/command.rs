//! `waybill client …` on the command line.

use clap::{Args, Subcommand};
use serde_json::json;
use waybill_domain::{ClientSlug, StoreSlug};
use waybill_workflow::ports::{Client, Clients, Scope};

use super::{NewClient, add, random_secret};
use crate::deployment::{Deployment, block_on};
use crate::table::{figures, print as print_table, table};
use crate::{Failure, print};

/// What to do with clients of Waybill's own API.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Add a client, or change what is said of one; a new secret is printed, once
    Add(AddArgs),
    /// List the clients, without their secrets
    List {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
}

/// What is said about a client; what is left out stays as it was.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Its name in this deployment: a-z, 0-9 and hyphens; a warehouse that is pushed to has the same
    client: ClientSlug,
    /// All stores it may report and ask for
    #[arg(long = "store", value_name = "STORE", value_delimiter = ',')]
    stores: Vec<StoreSlug>,
    /// All it may do: shipments, returns, fulfilments
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', value_parser = scope)]
    scopes: Vec<Scope>,
    /// Make a new secret, which pushes are signed with from now on; the old one goes on being accepted
    #[arg(long)]
    rotate: bool,
    /// Stop accepting all secrets but the newest
    #[arg(long)]
    drop_old: bool,
}

fn scope(text: &str) -> Result<Scope, String> {
    serde_json::from_value(json!(text)).map_err(|_| "a scope is shipments, returns or fulfilments".to_owned())
}

/// Runs it.
///
/// # Errors
/// One sentence on what is wrong.
pub fn run(command: ClientCommand) -> Result<(), Failure> {
    block_on(async {
        let deployment = Deployment::ambient().await?;
        match command {
            ClientCommand::Add(args) => run_add(&deployment, args).await,
            ClientCommand::List { json } => {
                let mut clients = Vec::new();
                for slug in deployment.secrets.client_slugs().await.map_err(|error| deployment.explain(&error))? {
                    let client = deployment.secrets.client(&slug, false).await.map_err(|error| deployment.explain(&error))?;
                    // Marked for deletion meanwhile.
                    clients.extend(client.map(|client| (slug, client)));
                }
                print(&if json { serde_json::to_string(&clients.iter().map(view).collect::<Vec<_>>())? } else { list(&clients) })
            }
        }
    })
}

/// The secret goes to standard output, alone, so that it can be piped to where it is to be kept; the rest to standard error.
async fn run_add(deployment: &Deployment, args: AddArgs) -> Result<(), Failure> {
    let slug = args.client;
    let known = deployment.secrets.client(&slug, true).await.map_err(|error| deployment.explain(&error))?;
    let secret = if args.rotate || known.is_none() { Some(random_secret()?) } else { None };
    let new = NewClient { stores: args.stores, scopes: args.scopes, secret: secret.clone(), drop_old: args.drop_old };
    let client = add(deployment, &slug, &new).await?;
    let api = deployment.api_url().unwrap_or("the stack's output WebhookUrl up to /v1");
    eprintln!("{}\nthe API is at {api}; docs/warehouses.md says how to call it", said(&slug, &client));
    match secret {
        None => Ok(()),
        Some(secret) => {
            eprintln!("secret, shown this once:");
            print(&secret)
        }
    }
}

fn said(slug: &ClientSlug, client: &Client) -> String {
    let mut text = format!("client {slug} may: {}; for: {}", scopes(client), stores(client));
    if client.secrets.len() > 1 {
        text.push_str(&format!(
            "\n{} secrets are accepted; when the newest is in use everywhere: waybill client add {slug} --drop-old",
            client.secrets.len()
        ));
    }
    text.push_str("\nfunctions take a new secret up within seconds, everything else within five minutes");
    text
}

fn scopes(client: &Client) -> String {
    let words: Vec<String> = client.scopes.iter().filter_map(|scope| Some(json!(scope).as_str()?.to_owned())).collect();
    words.join(", ")
}

fn stores(client: &Client) -> String {
    client.stores.iter().map(StoreSlug::as_str).collect::<Vec<_>>().join(", ")
}

fn view((slug, client): &(ClientSlug, Client)) -> serde_json::Value {
    json!({ "client": slug, "scopes": client.scopes, "stores": client.stores, "secrets": client.secrets.len() })
}

fn list(clients: &[(ClientSlug, Client)]) -> String {
    if clients.is_empty() {
        return "no clients; `waybill client add` adds one".to_owned();
    }
    let mut rows = table(&["CLIENT", "SECRETS", "SCOPES", "STORES"]);
    figures(&mut rows, 1);
    for (slug, client) in clients {
        rows.add_row([slug.to_string(), client.secrets.len().to_string(), scopes(client), stores(client)]);
    }
    print_table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_shows_no_secret() {
        let client = Client {
            secrets: vec!["hunter2".to_owned(), "hunter1".to_owned()],
            scopes: vec![Scope::Shipments, Scope::Fulfilments],
            stores: vec!["shop".parse().unwrap()],
        };
        let clients = [("berlin".parse().unwrap(), client)];
        assert_eq!(
            list(&clients),
            "CLIENT  SECRETS  SCOPES                  STORES\nberlin        2  shipments, fulfilments  shop"
        );
        let expected = json!({ "client": "berlin", "scopes": ["shipments", "fulfilments"], "stores": ["shop"], "secrets": 2 });
        assert_eq!(view(&clients[0]), expected);
        let [(slug, client)] = &clients;
        assert!(said(slug, client).contains("--drop-old") && !said(slug, client).contains("hunter"));
    }

    #[test]
    fn a_scope_is_one_of_three_words() {
        assert_eq!(scope("returns"), Ok(Scope::Returns));
        for wrong in ["", "Returns", "all", "shipments returns"] {
            assert!(scope(wrong).is_err(), "{wrong}");
        }
    }
}
