//! Rules, and connections that break.

use std::time::Duration;

use anyhow::Result;
use carillon_fakes::{Fault, Filter, Rule, Sink, Sinks, fcm_error};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{http1, http2, push, token};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_first_rule_with_times_left_holds() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http1());
    let token = token(&client, &sinks).await?;
    let error = fcm_error("UNREGISTERED");
    sinks.client().answer(&Rule::of(Sink::Fcm).containing("d1").times(2).reply(error)).await?;
    let late = fcm_error("UNAVAILABLE").header("retry-after", "7");
    let id = sinks.client().answer(&Rule::of(Sink::Fcm).containing("d1").reply(late)).await?;
    let one = json!({"token": "d1"});
    for _ in 0..2 {
        let (status, answer) = push(&client, &sinks, &token, &one).await?;
        assert_eq!((status, &answer["error"]["details"][0]["errorCode"]), (404, &json!("UNREGISTERED")));
    }
    assert_eq!(push(&client, &sinks, &token, &one).await?.0, 503);
    assert_eq!(push(&client, &sinks, &token, &json!({"token": "d2"})).await?.0, 200);
    sinks.client().withdraw(id).await?;
    assert_eq!(push(&client, &sinks, &token, &one).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn one_http2_connection_carries_all_and_a_reset_ends_one_stream() -> Result<()> {
    let (sinks, client) = (Sinks::start().await?, http2());
    let token = token(&client, &sinks).await?;
    let slow = Rule::of(Sink::Fcm).containing("slow").delay(Duration::from_millis(200));
    sinks.client().answer(&slow).await?;
    sinks.client().answer(&Rule::of(Sink::Fcm).containing("broken").fault(Fault::Reset)).await?;
    let messages: Vec<Value> = (0..50).map(|n| json!({"token": format!("slow-{n}")})).collect();
    let broken = json!({"token": "broken"});
    let all = join_all(messages.iter().map(|message| push(&client, &sinks, &token, message)));
    let (all, reset) = futures::join!(all, push(&client, &sinks, &token, &broken));
    assert!(reset.is_err(), "{reset:?}");
    assert!(all.iter().all(|answer| answer.as_ref().is_ok_and(|(status, _)| *status == 200)));
    let connections = sinks.client().connections().await?;
    assert_eq!((connections.used(), connections.in_flight), (1, 0));
    assert!(connections.most_in_flight > 1, "{connections:?}");
    let seen = sinks.client().requests(&Filter::of(Sink::Fcm)).await?;
    assert!(seen.iter().all(|seen| seen.version == "HTTP/2.0"));
    Ok(())
}

#[tokio::test]
async fn connections_break_and_hang() -> Result<()> {
    let sinks = Sinks::start().await?;
    for (fault, client) in
        [(Fault::Reset, http1()), (Fault::Disconnect, http1()), (Fault::Disconnect, http2())]
    {
        sinks.client().answer(&Rule::of(Sink::Fcm).fault(fault).times(1)).await?;
        let error = push(&client, &sinks, "t", &json!({})).await.unwrap_err();
        let text = format!("{error:?}").to_lowercase();
        // Over HTTP/2 the end of the stream may be read before the end of the connection.
        let broken = ["reset", "broken", "stream error"].iter().any(|word| text.contains(word));
        assert!(broken, "{fault:?}: {text}");
    }
    sinks.client().answer(&Rule::of(Sink::Fcm).containing("stuck").fault(Fault::Hang)).await?;
    let client = http2();
    let stuck = json!({"token": "stuck"});
    let hanging = push(&client, &sinks, "t", &stuck);
    let came = async { sinks.client().wait(&Filter::of(Sink::Fcm).containing("stuck"), 1, SOON).await };
    tokio::select! {
        answer = hanging => panic!("answered: {answer:?}"),
        came = came => assert_eq!((came?[0].status, sinks.client().connections().await?.in_flight), (None, 1)),
    }
    // Others on the same connection are answered.
    assert_eq!(push(&client, &sinks, "t", &json!({})).await?.0, 401);
    Ok(())
}
