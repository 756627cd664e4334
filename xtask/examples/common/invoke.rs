//! A sender, invoked.

use anyhow::{Result, ensure};
use carillon_testkit::RuntimeApi;
use serde_json::Value;

/// A batch none of which may come back.
pub(crate) async fn invoke(function: &RuntimeApi, event: Value) -> Result<()> {
    let answer = function.invoke(event).await?;
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(failures == 0, "the function answered {answer}: {}", function.output().join("\n"));
    Ok(())
}
