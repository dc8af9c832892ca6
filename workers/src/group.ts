import type { Broker } from '@ates/kit/broker';
import type { Clock, Random } from '@ates/kit/clock';
import type { ClockSkew } from '@ates/kit/clockSkew';
import type { DeliveryGauges } from '@ates/kit/deliveryGauges';
import type { Log } from '@ates/kit/log';
import type { RedisLocation } from '@ates/kit/redis';

/** What every group of workers is given. */
export interface GroupContext {
  readonly broker: Broker;
  /** What live views are told by; without it, by the database. */
  readonly redis: RedisLocation | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the clock may be trusted, in place of measuring it; for tests. */
  readonly skew: ClockSkew | undefined;
  readonly log: Log;
  readonly companyTimeZone: string;
  /** The most connections to the group's database; each group has its own default. */
  readonly poolSize: number | undefined;
  /** Whether connections to the databases keep the plans of their statements. */
  readonly prepare: boolean;
}

/** The running work of one service. */
export interface RunningGroup {
  /** How far this machine's clock is from that of the group's database. */
  readonly skew: ClockSkew;
  /** Whether its database answers; a sentence where not. */
  isReady(): Promise<true | string>;
  /** Shows what does not get through. */
  show(gauges: DeliveryGauges): void;
  /** Takes no more work, and ends what runs at its next committed batch. Its relay goes on: receipts are still due. */
  stop(): Promise<void>;
  /** Notes the last receipts and closes the database; after the broker's workers have ended. */
  close(): Promise<void>;
}

/** How often what doorbells may have lost is looked for, in milliseconds. */
export const sweepIntervalMs = 2_000;

/** A run that has not got further for this long is taken up by another worker, in milliseconds. */
export const standstillMs = 5_000;
