//! DynamoDB for tests: in this process, or of a deployed local cloud.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use dynoxide::Database;
use tokio::task::JoinHandle;

use crate::{Calls, ManualClock, Stack, aws, template};

/// Some DynamoDB with the five tables, and a client that counts.
#[derive(Debug)]
pub struct DynamoTarget {
    endpoint: String,
    tables: BTreeMap<String, String>,
    client: Client,
    calls: Calls,
    /// Kept alive as long as its tables are used; none where the tables are deployed ones.
    local: Option<Server>,
}

/// Dynoxide on a port of its own. Everything in it goes with it.
#[derive(Debug)]
pub struct LocalDynamo(DynamoTarget);

struct Server {
    database: Database,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Short for [`LocalDynamo::start`].
///
/// # Errors
/// If the template cannot be read or its tables cannot be made.
pub async fn dynamodb() -> Result<LocalDynamo> {
    LocalDynamo::start().await
}

impl LocalDynamo {
    /// An empty database with the template's tables, on the system's clock.
    ///
    /// # Errors
    /// If the template cannot be read or its tables cannot be made.
    pub async fn start() -> Result<Self> {
        Self::serve(Database::memory()?).await
    }

    /// The same on a clock that the test moves; [`Self::sweep_ttl`] then deletes what is due.
    ///
    /// # Errors
    /// If the template cannot be read or its tables cannot be made.
    pub async fn start_at(clock: &ManualClock) -> Result<Self> {
        Self::serve(Database::memory_with_clock(clock.arc())?).await
    }

    async fn serve(database: Database) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let declared = template::tables(&template_path())?;
        let names = declared.keys().map(|name| (name.clone(), name.clone())).collect();
        let target = DynamoTarget::new(endpoint, names, Some(Server { database, task }));
        for (name, table) in declared {
            table
                .create(&name)?
                .send_with(&target.client)
                .await
                .with_context(|| format!("creating {name}"))?;
            if let Some(attribute) = table.ttl_attribute() {
                let ttl =
                    TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build()?;
                target
                    .client
                    .update_time_to_live()
                    .table_name(&name)
                    .time_to_live_specification(ttl)
                    .send()
                    .await?;
            }
        }
        target.calls.reset();
        Ok(Self(target))
    }

    /// Deletes what is past its TTL by the clock it was started with; returns how many items.
    ///
    /// # Errors
    /// As the database reports.
    pub fn sweep_ttl(&self) -> Result<usize> {
        let server = self.0.local.as_ref().context("a LocalDynamo always has a server")?;
        Ok(server.database.sweep_ttl()?)
    }
}

impl std::ops::Deref for LocalDynamo {
    type Target = DynamoTarget;
    fn deref(&self) -> &DynamoTarget {
        &self.0
    }
}

impl DynamoTarget {
    /// The local cloud at `CARILLON_DYNAMODB_ENDPOINT`, whose tables are named by the file `CARILLON_STACK`;
    /// without them a [`LocalDynamo`]. One suite thus runs against both.
    ///
    /// # Errors
    /// If the stack file or the template cannot be read.
    pub async fn from_env() -> Result<Self> {
        match std::env::var("CARILLON_DYNAMODB_ENDPOINT") {
            Ok(endpoint) => Ok(Self::new(endpoint, Stack::load()?.tables, None)),
            Err(_) => Ok(LocalDynamo::start().await?.0),
        }
    }

    fn new(endpoint: String, tables: BTreeMap<String, String>, local: Option<Server>) -> Self {
        let calls = Calls::default();
        let config = aws_sdk_dynamodb::config::Builder::from(&aws::sdk_config(&endpoint));
        let client = Client::from_conf(config.interceptor(calls.clone()).build());
        Self { endpoint, tables, client, calls, local }
    }

    /// A client whose calls are counted in [`Self::calls`].
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// For `AWS_ENDPOINT_URL_DYNAMODB`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The physical name of `Inbox`, `Recipients`, `Connections`, `Ledger` or `Catalog`; a name that is no table's
    /// comes back as it is, and the first call says so.
    #[must_use]
    pub fn table(&self, name: &str) -> String {
        self.tables.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// What the client did since the start or the last reset.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Whether this is a deployed local cloud, whose tables others use too.
    #[must_use]
    pub fn is_deployed(&self) -> bool {
        self.local.is_none()
    }
}

/// `infra/template.yaml`, or what `CARILLON_TEMPLATE` names.
fn template_path() -> PathBuf {
    std::env::var_os("CARILLON_TEMPLATE")
        .map_or_else(|| crate::workspace_root().join("infra/template.yaml"), PathBuf::from)
}
