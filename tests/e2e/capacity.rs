//! What a decision costs in DynamoDB's units, against a database that counts them as AWS does.

use anyhow::{Context as _, Result};
use carillon_testkit::{Bootstrap, Cost, LocalDynamo, Meter, RuntimeApi, dynamodb};
use carillon_tests::{Functions, PRODUCE, Tenant, answer, failed, http_event, midday, sqs_event};
use serde_json::{Value, json};

/// The stack's functions, on tables of the test's own.
struct Metered<'a> {
    tenant: &'a Tenant,
    functions: Functions<'a>,
    dynamo: LocalDynamo,
    meter: Meter,
}

impl<'a> Metered<'a> {
    async fn of(tenant: &'a Tenant) -> Result<Self> {
        let functions = Functions::of(tenant, Vec::new()).await?;
        let dynamo = dynamodb().await?;
        let meter = Meter::start(dynamo.endpoint()).await?;
        Ok(Self { tenant, functions, dynamo, meter })
    }

    async fn start(&self, name: &str) -> Result<RuntimeApi> {
        let tables = ["Inbox", "Recipients", "Catalog", "Ledger", "Connections"];
        let with = |function: Bootstrap, table: &str| {
            function.env(format!("TABLE_{}", table.to_uppercase()), self.dynamo.table(table))
        };
        let function = tables.into_iter().fold(self.functions.function(name), with);
        function.env("AWS_ENDPOINT_URL_DYNAMODB", self.meter.endpoint()).start().await
    }

    /// Somebody with two phones, an address, and wishes of their own.
    async fn ann(&self) -> Result<()> {
        let inbox = self.start("inbox-api").await?;
        let token = self.tenant.user("ann")?.token;
        let put = async |function: &RuntimeApi, token: &str, method: &str, path: &str, body: Value| {
            let event = http_event(method, path, token, &[], &body.to_string());
            answer(&function.invoke(event).await?)?.ok().map(drop)
        };
        for phone in ["old", "new"] {
            let phone = json!({"token": format!("{phone}:{}", "x".repeat(160)), "platform": "ios"});
            put(&inbox, &token, "POST", "/api/push/register", phone).await?;
        }
        let wishes = json!({
            "timezone": midday(), "channels": {"sms": true}, "types": {"app_update": {"enabled": false}},
            "quiet_hours": {"enabled": true, "start": "22:00", "end": "07:00"},
        });
        put(&inbox, &token, "PUT", "/api/notifications/preferences", wishes).await?;
        let mut claims = self.tenant.tokens.claims(&self.tenant.id, "ops", PRODUCE);
        claims["scope"] = json!("notifications:admin");
        let (admin, token) = (self.start("admin-api").await?, self.tenant.tokens.sign(&claims)?);
        let profile = json!({"email": "ann@example.com", "phone": "+41441234567", "locale": "de-CH"});
        put(&admin, &token, "PUT", "/v1/recipients/ann", profile).await
    }

    /// What the dispatch of one notification costs.
    async fn cost(&self, dispatch: &RuntimeApi, kind: &str) -> Result<[Cost; 2]> {
        let body = json!({
            "type": kind, "recipient": "ann", "title": "Sea view", "body": "x".repeat(200), "data": {"id": 7},
            "action_url": "/bookings/7",
        });
        let (_, message) = self.functions.capture(&[body]).await?.pop().context("nothing captured")?;
        self.meter.reset();
        let reply = dispatch.invoke(sqs_event(&[&message])).await?;
        assert!(failed(&reply).is_empty(), "{reply}");
        let costs = self.meter.costs();
        Ok(["Query", "PutItem"].map(|operation| costs.get(operation).copied().unwrap_or_default()))
    }
}

#[tokio::test]
async fn a_decision_reads_half_a_unit_and_writes_two() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let metered = Metered::of(&tenant).await?;
    metered.ann().await?;
    let dispatch = metered.start("dispatch").await?;
    // The tenant's types are read once a minute.
    metered.cost(&dispatch, "invoice_created").await?;
    let read = Cost { calls: 1, units: 0.5 };
    let row = Cost { calls: 1, units: 2.0 };
    let counted = Cost { calls: 2, units: 3.0 };
    for (kind, written, why) in [
        ("chat_message", row, "the row and its place among the unread"),
        ("promotion_generic", counted, "and what the cap counts"),
        ("promotion_generic", counted, "again"),
        ("promotion_generic", row, "over the cap there is nothing to count"),
        ("app_update", Cost { calls: 1, units: 1.0 }, "the trace of what is not stored"),
    ] {
        assert_eq!(metered.cost(&dispatch, kind).await?, [read, written], "{kind}: {why}");
    }
    Ok(())
}
