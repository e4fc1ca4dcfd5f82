// Jobs that move what they return.
import { transfer } from '@tercet/parallel/worker';

export const back = (data) => transfer(data, [data.buffer]);
