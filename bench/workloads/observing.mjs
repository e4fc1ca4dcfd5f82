import { channel } from 'node:diagnostics_channel';
import { checkpoint, openNursery, run } from '@tercet/core';

const SIZE = 100;

const spawnAndJoin = (count, options) =>
  run(async () => {
    for (let group = 0; group < count / SIZE; group++) {
      await openNursery((nursery) => {
        for (let index = 0; index < SIZE; index++) nursery.startSoon(checkpoint);
      });
    }
  }, options);

let seen = 0;
const see = () => void seen++;

export default [
  {
    // The price of watching, which programs that do not watch do not pay.
    name: 'spawn and join, unwatched',
    count: 50_000,
    baseline: 'tercet',
    implementations: {
      tercet: (count) => spawnAndJoin(count),
      'with an instrument': (count) =>
        spawnAndJoin(count, { instruments: [{ taskSpawned: see, taskScheduled: see, taskExited: see }] }),
      async 'with subscribers of the channels'(count) {
        const channels = ['spawned', 'scheduled', 'exited'].map((event) => channel(`tercet:task:${event}`));
        for (const each of channels) each.subscribe(see);
        try {
          await spawnAndJoin(count);
        } finally {
          for (const each of channels) each.unsubscribe(see);
        }
      },
    },
  },
];
