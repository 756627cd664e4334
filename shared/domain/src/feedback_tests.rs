use proptest::prelude::*;

use super::*;

const T: Millis = Millis(1_000);

fn text(detail: &str) -> String {
    detail.to_owned()
}

fn delivery(state: DeliveryState, reason: Option<Reason>) -> Delivery {
    let until = Some(Millis(9));
    Delivery { state, reason, attempts: 1, at: Millis(1), until, detail: None, provider_id: None }
}

fn all() -> Vec<Feedback> {
    vec![
        Feedback::Sent,
        Feedback::Delivered,
        Feedback::Opened,
        Feedback::Clicked,
        Feedback::Delayed { detail: text("MailboxFull") },
        Feedback::Bounced { hard: false, detail: text("General") },
        Feedback::Bounced { hard: true, detail: text("NoEmail 5.1.1") },
        Feedback::Complained { detail: text("abuse") },
        Feedback::Rejected { detail: text("Bad content") },
    ]
}

/// What stands after these, in this order, and why.
fn stands(reports: &[Feedback], start: DeliveryState) -> (DeliveryState, Option<Reason>) {
    let last = reports
        .iter()
        .fold(delivery(start, None), |before, report| report.after(&before, "m-1", T).unwrap_or(before));
    (last.state, last.reason)
}

#[test]
fn each_report_moves_forward_from_the_states_it_may_follow() {
    let [sent, delivered, opened, clicked, delayed, soft, hard, complained, rejected] =
        <[Feedback; 9]>::try_from(all()).unwrap();
    let (bounced, failed) = (DeliveryState::Bounced, DeliveryState::Failed);
    // From, report, to (None: nothing changes), why.
    let table = [
        (Pending, &sent, Some(Sent), None),
        (Sending, &sent, Some(Sent), None),
        (Sent, &sent, None, None),
        (Sending, &delivered, Some(Delivered), None),
        (Sent, &delivered, Some(Delivered), None),
        (Opened, &delivered, None, None),
        (Sending, &opened, Some(Opened), None),
        (Delivered, &clicked, Some(Opened), None),
        (Opened, &clicked, None, None),
        (Sending, &delayed, Some(Sent), None),
        (Sent, &delayed, Some(Sent), None),
        (Delivered, &delayed, None, None),
        (Sent, &soft, Some(bounced), Some(Reason::SoftBounce)),
        (Delivered, &soft, None, None),
        (Opened, &soft, None, None),
        (Sending, &hard, Some(bounced), Some(Reason::HardBounce)),
        (Delivered, &hard, Some(bounced), Some(Reason::HardBounce)),
        (Sending, &complained, Some(Sent), Some(Reason::Complaint)),
        (Sent, &complained, Some(Sent), Some(Reason::Complaint)),
        (Opened, &complained, Some(Opened), Some(Reason::Complaint)),
        (Sending, &rejected, Some(failed), Some(Reason::Rejected)),
        (Delivered, &rejected, None, None),
    ];
    for (from, report, to, reason) in table {
        let after = report.after(&delivery(from, None), "m-1", T);
        let told = after.as_ref().map(|after| (after.state, after.reason));
        assert_eq!(told, to.map(|to| (to, reason)), "{from} {report:?}");
        if let Some(after) = after {
            assert_eq!((after.provider_id.as_deref(), after.until), (Some("m-1"), None));
            assert_eq!(after.detail.as_deref(), report.detail());
            let at = if report.is_dated() { T } else { Millis(1) };
            assert_eq!(after.at, at, "{from} {report:?}");
        }
    }
}

#[test]
fn what_is_final_and_what_never_went_out_stays() {
    let (skipped, cancelled) = (DeliveryState::Skipped, DeliveryState::Cancelled);
    let finals = [
        (Failed, Some(Reason::Rejected)),
        (Bounced, Some(Reason::HardBounce)),
        (skipped, Some(Reason::Suppressed)),
        (cancelled, None),
        (DeliveryState::Deferred, Some(Reason::QuietHours)),
    ];
    for (state, reason) in finals {
        for report in all() {
            assert_eq!(report.after(&delivery(state, reason), "m-1", T), None, "{state} {report:?}");
        }
    }
}

#[test]
fn the_first_message_keeps_its_name_and_a_complaint_its_reason() {
    let sent = Delivery { provider_id: Some(text("m-0")), ..delivery(Sent, None) };
    let after = Feedback::Delivered.after(&sent, "m-1", T).unwrap();
    assert_eq!(after.provider_id.as_deref(), Some("m-0"));
    let complaint = Feedback::Complained { detail: text("abuse") };
    let before = complaint.after(&after, "m-0", T).unwrap();
    assert_eq!(complaint.after(&before, "m-0", T), None, "once");
    let after = Feedback::Opened.after(&before, "m-0", T).unwrap();
    assert_eq!((after.state, after.reason), (Opened, Some(Reason::Complaint)));
    assert_eq!(after.detail.as_deref(), Some("abuse"));
}

proptest! {
    /// A provider that refused it sends nothing else of it, so a refusal is not among them.
    #[test]
    fn the_order_of_reports_does_not_matter(
        (reports, shuffled) in prop::collection::vec(prop::sample::select(all()[..8].to_vec()), 1..8)
            .prop_flat_map(|reports| (Just(reports.clone()), Just(reports).prop_shuffle())),
    ) {
        prop_assert_eq!(stands(&reports, Sending), stands(&shuffled, Sending));
        let twice: Vec<Feedback> = reports.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
        prop_assert_eq!(stands(&reports, Sending), stands(&twice, Sending));
        prop_assert_eq!(stands(&reports, Sending), stands(&shuffled, Pending), "whatever the sender knew");
    }
}
