//! What a DynamoDB client did: calls by operation, and capacity, asked for on every request.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::{
    batch_get_item, batch_write_item, delete_item, get_item, put_item, query, scan, transact_write_items,
    update_item,
};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use tokio::sync::watch;

/// A recorder shared by all clones; attached to a client as an interceptor. Attempts count, retries included.
#[derive(Debug, Clone, Default)]
pub struct Calls(watch::Sender<Tally>);

#[derive(Debug, Default)]
struct Tally {
    calls: BTreeMap<String, usize>,
    read_units: f64,
    write_units: f64,
}

impl Calls {
    /// Calls by operation since the last [`Self::reset`], such as `{"Query": 1, "UpdateItem": 1}`.
    #[must_use]
    pub fn by_operation(&self) -> BTreeMap<String, usize> {
        self.0.borrow().calls.clone()
    }

    /// Calls of one operation.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.0.borrow().calls.get(operation).copied().unwrap_or(0)
    }

    /// All calls.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.borrow().calls.values().sum()
    }

    /// Read request units, as DynamoDB reported them.
    #[must_use]
    pub fn read_units(&self) -> f64 {
        self.0.borrow().read_units
    }

    /// Write request units, as DynamoDB reported them; index entries included.
    #[must_use]
    pub fn write_units(&self) -> f64 {
        self.0.borrow().write_units
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        self.0.send_replace(Tally::default());
    }

    fn add(&self, reads: bool, consumed: &ConsumedCapacity) {
        let units = consumed.capacity_units().unwrap_or(0.0);
        self.0.send_modify(|tally| {
            *(if reads { &mut tally.read_units } else { &mut tally.write_units }) += units
        });
    }
}

/// The one capacity of a single-item answer, or the list of a batch's.
trait Consumed {
    fn each(&self) -> Vec<&ConsumedCapacity>;
}
impl Consumed for Option<&ConsumedCapacity> {
    fn each(&self) -> Vec<&ConsumedCapacity> {
        self.iter().copied().collect()
    }
}
impl Consumed for &[ConsumedCapacity] {
    fn each(&self) -> Vec<&ConsumedCapacity> {
        self.iter().collect()
    }
}

macro_rules! metered {
    ($($module:ident :: $input:ident / $output:ident : $reads:literal),* $(,)?) => {
        impl Intercept for Calls {
            fn name(&self) -> &'static str {
                "Calls"
            }

            fn modify_before_serialization(
                &self,
                context: &mut BeforeSerializationInterceptorContextMut<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                let input = context.input_mut();
                $(if let Some(input) = input.downcast_mut::<$module::$input>() {
                    input.return_consumed_capacity.get_or_insert(ReturnConsumedCapacity::Total);
                })*
                Ok(())
            }

            fn read_before_transmit(
                &self,
                context: &BeforeTransmitInterceptorContextRef<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                let target = context.request().headers().get("x-amz-target").unwrap_or("?");
                let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
                self.0.send_modify(|tally| *tally.calls.entry(operation).or_default() += 1);
                Ok(())
            }

            fn read_after_deserialization(
                &self,
                context: &AfterDeserializationInterceptorContextRef<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                if let Ok(output) = context.output_or_error() {
                    $(if let Some(output) = output.downcast_ref::<$module::$output>() {
                        output.consumed_capacity().each().into_iter().for_each(|units| self.add($reads, units));
                    })*
                }
                Ok(())
            }
        }
    };
}

metered! {
    get_item::GetItemInput / GetItemOutput: true,
    query::QueryInput / QueryOutput: true,
    scan::ScanInput / ScanOutput: true,
    batch_get_item::BatchGetItemInput / BatchGetItemOutput: true,
    put_item::PutItemInput / PutItemOutput: false,
    update_item::UpdateItemInput / UpdateItemOutput: false,
    delete_item::DeleteItemInput / DeleteItemOutput: false,
    batch_write_item::BatchWriteItemInput / BatchWriteItemOutput: false,
    transact_write_items::TransactWriteItemsInput / TransactWriteItemsOutput: false,
}
