//! Orders that are looked at again without anybody asking.

use kernel::clock::{Micros, SECOND};
use kernel::db::{Error, Tx};

use super::{Recorded, find};
use crate::rules;

/// An intent that the partner does not have after so long was never made.
const INTENT_LASTS: Micros = 24 * 3600 * SECOND;

/// Takes orders whose time has come. If nobody says what became of them, it comes again after `lease`: a server that
/// dies loses none of them.
pub(crate) fn claim_due(
    tx: &mut Tx<'_>,
    now: Micros,
    lease: Micros,
    at_most: i64,
) -> Result<Vec<Recorded>, Error> {
    tx.query(
        "UPDATE orders_orders SET next_at = $1 WHERE order_id IN \
         (SELECT order_id FROM orders_orders WHERE next_at <= $2 AND claimed_until <= $2 ORDER BY next_at LIMIT $3) \
         RETURNING order_id, record, state, their_order_id, status, pause",
        &[(now + lease).into(), now.into(), at_most.into()],
        Recorded::read,
    )
}

/// Looks at an order again after a pause that grows, unless somebody has ended that meanwhile. `first` is the pause
/// of a new order.
pub(crate) fn due_again(tx: &mut Tx<'_>, now: Micros, order_id: i64, first: Micros) -> Result<(), Error> {
    let Some(order) = find(tx, order_id)? else { return Ok(()) };
    let pause = rules::next_pause(order.pause, first);
    tx.execute(
        "UPDATE orders_orders SET pause = $1, \
         next_at = CASE WHEN state <> 0 OR asked_at >= $2 THEN CAST($3 AS BIGINT) END \
         WHERE order_id = $4 AND next_at IS NOT NULL",
        &[pause.into(), (now - INTENT_LASTS).into(), (now + pause).into(), order_id.into()],
    )?;
    Ok(())
}
