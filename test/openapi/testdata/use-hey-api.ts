// A use of what @hey-api/openapi-ts makes of the contract.
import { createDatabase, insert, search } from './hey-api';
import { client } from './hey-api/client.gen';
import type { Fusion, Queries, Settings } from './hey-api';

client.setConfig({ baseUrl: 'http://127.0.0.1:8083' });

export async function store(): Promise<number[]> {
  const { data } = await insert({
    path: { id: 'notes' },
    body: { chunks: [{ embedding: [0.1, 0.2], text: 'a cat', metadata: { page: 3, tags: ['cats'], author: { name: 'Ann' } } }, { embedding: 'zczMPc3MTD4=' }] },
    throwOnError: true,
  });
  return data.inserted_ids.map(Number);
}

// Nothing but what has no default is asked for.
const smallest: Queries = { queries: [{ embedding: [0.1, 0.2] }] };
const settings: Settings = {};
const fusion: Fusion = { method: 'weighted' };

export async function find(): Promise<string[]> {
  const { data } = await search({
    path: { id: 'notes' },
    body: {
      queries: [{ embedding: [0.1, 0.2], text: 'cat', k: 5, filter: { page: { $gte: 3 }, $or: [{ tags: 'cats' }, { 'author.name': { $exists: true } }] }, fusion }],
      include: ['text', 'metadata'],
    },
  });
  return (data?.results ?? []).flat().map((hit) => {
    const page = typeof hit.metadata === 'object' && hit.metadata !== null ? hit.metadata['page'] : undefined;
    return `${hit.chunk_id} ${hit.score} ${hit.text ?? ''} ${String(page)}`;
  });
}

export async function rest(): Promise<void> {
  await createDatabase({ path: { id: 'notes' }, body: settings });
  await createDatabase({ path: { id: 'more' }, body: { metadata: { owner: 'Ann' }, full_text: true } });
  await search({ path: { id: 'notes' }, body: smallest });
}
