//! A DynamoDB that leaves what it is asked for.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use carillon_store::{Inbox, StoreError};

use crate::support::{T0, fixture};

/// Answers to batches so, whatever was read.
#[derive(Debug)]
struct Busy {
    answer: String,
    is_batch: AtomicBool,
}

impl Intercept for Busy {
    fn name(&self) -> &'static str {
        "Busy"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        self.is_batch.store(target.ends_with(".BatchGetItem"), Ordering::Relaxed);
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.is_batch.load(Ordering::Relaxed) {
            *context.response_mut().body_mut() = self.answer.as_str().into();
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_is_left_again_and_again_is_given_up_and_may_be_tried_later() {
    let f = fixture().await;
    let id = f.put(T0).await;
    let table = f.target.table("Inbox");
    let answer = format!(
        r#"{{"Responses":{{}},"UnprocessedKeys":{{"{table}":{{"Keys":[{{"pk":{{"S":"p"}},"sk":{{"S":"s"}}}}]}}}}}}"#
    );
    let busy = Busy { answer, is_batch: AtomicBool::new(false) };
    let config = f.target.client().config().to_builder().interceptor(busy).build();
    let inbox = Inbox::new(Client::from_conf(config), table);
    f.target.calls().reset();
    let failed = inbox.current_of(&f.ann, &[id.ulid]).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unprocessed { .. }) && failed.retryable(), "{failed}");
    assert_eq!(f.target.calls().count("BatchGetItem"), 6);

    // What brought some is no attempt in vain.
    let ids = [id.ulid, f.put(T0.plus_millis(1)).await.ulid, f.put(T0.plus_millis(2)).await.ulid];
    f.target.calls().reset();
    inbox.current_of(&f.ann, &ids).await.unwrap_err();
    assert_eq!(f.target.calls().count("BatchGetItem"), 7);
}
