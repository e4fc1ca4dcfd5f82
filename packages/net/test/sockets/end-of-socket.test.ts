import { expect, it } from '@jest/globals';
import { abandonable } from '@tercet/core';
import { once } from 'node:events';
import { reset } from '../../src/sockets/end-of-socket.ts';
import { socketPair } from '../pairs.ts';
import { realRun } from '../system-clock.ts';

it(
  'closes a socket whose end is on its way, which Node would leave open',
  realRun(async () => {
    const [one, other] = await socketPair();
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const before = sockets();
    one.end('x');
    reset(one);
    await abandonable(once(one, 'close'));
    expect(sockets()).toBe(before - 1);
    other.destroy();
  }),
);
