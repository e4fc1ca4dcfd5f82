import { StapledStream } from '@tercet/streams';
import type { StapledMemoryStream } from '@tercet/testing';
import { FakeListener } from './fake-listener.ts';

/** A connection whose handshake is done as soon as the peer has sent something. */
export class FakeTlsStream extends StapledStream {
  async doHandshake(): Promise<void> {
    const hello = await this.receiveSome();
    if (hello?.[0] === 'x'.charCodeAt(0)) throw new Error('no handshake');
  }
}

/** A listener whose connections need a handshake. */
export class FakeTlsListener extends FakeListener {
  override async accept(): Promise<StapledMemoryStream> {
    const stream = await super.accept();
    return new FakeTlsStream(stream, stream) as unknown as StapledMemoryStream;
  }
}

/** A listener whose connections cannot be closed. */
export class StubbornListener extends FakeListener {
  override async accept(): Promise<StapledMemoryStream> {
    const stream = await super.accept();
    stream.close = () => Promise.reject(new Error('cannot be closed'));
    return stream;
  }
}
