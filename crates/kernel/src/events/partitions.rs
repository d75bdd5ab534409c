//! Which server publishes what.
//!
//! Events of one entity have to leave in their order, so one server at a time may publish them; and if that server
//! dies another has to go on. The outbox is therefore divided into partitions, and a server holds a lease of each
//! that it publishes, which it renews while it lives.

use uuid::Uuid;

use crate::clock::{Clock, Micros, SECOND};
use crate::db::{Db, Error, Tx};

/// Parts of the outbox, as many as servers can share the work. The table of leases has a row for each.
const PARTITIONS: i64 = 8;
/// Parts in an embedded database, which one server has to itself: one for each of its lanes. Each part costs a commit a
/// page of the index.
const EMBEDDED_PARTITIONS: i64 = 2;
/// A dead server's partitions stand still for so long.
const LEASE: Micros = 10 * SECOND;
/// How old a lease gets before it is renewed.
const RENEWED_AFTER: Micros = 2 * SECOND;
/// What of a lease must be left to begin a batch.
const MARGIN: Micros = 5 * SECOND;

/// How many parts the outbox has.
pub(super) fn count(tx: &Tx<'_>) -> i64 {
    if tx.is_postgres() { PARTITIONS } else { EMBEDDED_PARTITIONS }
}

/// The partition of an entity among so many: the same on every machine and in every version (FNV-1a; a last mixing,
/// since numbers that follow each other differ in few bits).
pub(super) fn of(entity: &str, count: i64) -> i64 {
    let hash = entity.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 33;
    i64::try_from(mixed % count.unsigned_abs()).unwrap_or_default()
}

/// The partitions that this server publishes.
pub(super) struct Leases {
    db: Db,
    clock: Clock,
    name: String,
    held: Vec<i64>,
    until: Micros,
}

impl Leases {
    pub(super) fn new(db: Db, clock: Clock) -> Self {
        let name = Uuid::new_v4().to_string();
        Self { db, clock, name, held: Vec::new(), until: 0 }
    }

    /// What may be published now.
    pub(super) fn held(&self) -> &[i64] {
        if self.clock.now() + MARGIN < self.until { &self.held } else { &[] }
    }

    /// Whether it is time to balance or to renew.
    pub(super) fn is_due(&self) -> bool {
        self.until - self.clock.now() < LEASE - RENEWED_AFTER
    }

    /// Takes this server's fair share of the partitions, gives back what is more than that, and renews the rest.
    /// Not while something is under way: another server may take at once what is given back.
    pub(super) async fn balance(&mut self) -> Result<(), Error> {
        let (name, now) = (self.name.clone(), self.clock.now());
        self.held = self.db.write(move |tx| balance(tx, &name, now)).await?;
        self.until = now + LEASE;
        Ok(())
    }

    /// Renews what is held and changes nothing else: for while something is under way.
    pub(super) async fn renew(&mut self) -> Result<(), Error> {
        let (name, now) = (self.name.clone(), self.clock.now());
        self.db
            .write(move |tx| {
                let renew = "UPDATE kernel_partitions SET until = $1 WHERE holder = $2 AND until > $3";
                tx.execute(renew, &[(now + LEASE).into(), (&name).into(), now.into()])?;
                announce(tx, &name, now)
            })
            .await?;
        self.until = now + LEASE;
        Ok(())
    }

    /// Gives everything back.
    pub(super) async fn release(&mut self) -> Result<(), Error> {
        if self.until == 0 {
            return Ok(());
        }
        (self.held, self.until) = (Vec::new(), 0);
        let name = self.name.clone();
        self.db
            .write(move |tx| {
                tx.execute("DELETE FROM kernel_publishers WHERE name = $1", &[(&name).into()])?;
                let free = "UPDATE kernel_partitions SET holder = '', until = 0 WHERE holder = $1";
                tx.execute(free, &[(&name).into()]).map(drop)
            })
            .await
    }
}

fn announce(tx: &mut Tx<'_>, name: &str, now: Micros) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO kernel_publishers (name, until) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET until = excluded.until",
        &[name.into(), (now + LEASE).into()],
    )?;
    Ok(())
}

fn balance(tx: &mut Tx<'_>, name: &str, now: Micros) -> Result<Vec<i64>, Error> {
    announce(tx, name, now)?;
    tx.execute("DELETE FROM kernel_publishers WHERE until <= $1", &[now.into()])?;
    let count = count(tx);
    if count < PARTITIONS {
        // A server of an older version writes to eight.
        let bring_in = "UPDATE kernel_events SET partition = partition % $1 WHERE published_at IS NULL AND partition >= $1";
        tx.execute(bring_in, &[count.into()])?;
    }
    let servers = tx.query_opt("SELECT count(*) FROM kernel_publishers", &[], |row| row.get::<i64>(0))?;
    let share = fair_share(count, servers.unwrap_or(1));
    let own = "SELECT partition FROM kernel_partitions WHERE holder = $1 AND until > $2 ORDER BY partition";
    let mut held: Vec<i64> = tx.query(own, &[name.into(), now.into()], |row| row.get(0))?;
    let assign = "UPDATE kernel_partitions SET holder = $1, until = $2 WHERE partition = $3";
    for excess in held.split_off(share.min(held.len())) {
        tx.execute(assign, &["".into(), 0_i64.into(), excess.into()])?;
    }
    let free = "SELECT partition FROM kernel_partitions WHERE until <= $1 ORDER BY partition LIMIT $2";
    let lacking = i64::try_from(share - held.len()).unwrap_or_default();
    if lacking > 0 {
        held.extend(tx.query(free, &[now.into(), lacking.into()], |row| row.get::<i64>(0))?);
    }
    for partition in &held {
        tx.execute(assign, &[name.into(), (now + LEASE).into(), (*partition).into()])?;
    }
    Ok(held)
}

fn fair_share(partitions: i64, servers: i64) -> usize {
    let servers = servers.max(1);
    usize::try_from((partitions + servers - 1) / servers).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_an_entity_never_changes() {
        let partitions = ["ticket:1", "ticket:2", "ticket:3", "ticket:4", "order:1", ""]
            .map(|entity| of(entity, PARTITIONS));
        assert_eq!(partitions, [5, 6, 6, 7, 2, 1]);
    }

    #[test]
    fn entities_of_one_partition_are_of_one_embedded_partition() {
        for number in 0..100 {
            let entity = format!("ticket:{number}");
            assert_eq!(of(&entity, EMBEDDED_PARTITIONS), of(&entity, PARTITIONS) % EMBEDDED_PARTITIONS);
        }
    }

    #[test]
    fn entities_spread_over_all_partitions() {
        let mut counts = [0; 8];
        for number in 0..8_000 {
            counts[usize::try_from(of(&format!("ticket:{number}"), PARTITIONS)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn shares_cover_all_partitions() {
        assert_eq!([1, 2, 3, 4, 8, 20].map(|servers| fair_share(PARTITIONS, servers)), [8, 4, 3, 2, 1, 1]);
    }
}
