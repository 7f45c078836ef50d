// A use of what openapi-typescript makes of the contract, with its client openapi-fetch.
import createClient from 'openapi-fetch';
import type { components, paths } from './openapi-typescript';

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1:8083' });

export async function store(): Promise<number[]> {
  const { data, error } = await client.POST('/v1/databases/{id}/chunks', {
    params: { path: { id: 'notes' } },
    body: { chunks: [{ embedding: [0.1, 0.2], text: 'a cat', metadata: { page: 3, tags: ['cats'], author: { name: 'Ann' } } }, { embedding: 'zczMPc3MTD4=' }] },
  });
  if (error !== undefined) throw new Error(error.error);
  return data.inserted_ids;
}

// Nothing but what has no default is asked for.
const smallest: components['schemas']['Queries'] = { queries: [{ embedding: [0.1, 0.2] }] };
const settings: components['schemas']['Settings'] = {};
const fusion: components['schemas']['Fusion'] = { method: 'weighted' };

export async function find(): Promise<string[]> {
  const { data } = await client.POST('/v1/databases/{id}/search', {
    params: { path: { id: 'notes' } },
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
  await client.PUT('/v1/databases/{id}', { params: { path: { id: 'notes' } }, body: settings });
  await client.PUT('/v1/databases/{id}', { params: { path: { id: 'more' } }, body: { metadata: { owner: 'Ann' }, full_text: true } });
  await client.POST('/v1/databases/{id}/search', { params: { path: { id: 'notes' } }, body: smallest });
  await client.POST('/v1/search', { body: { database_id: 'notes', embeddings: [[0.1, 0.2]] } });
  await client.POST('/v1/databases/{id}/delete', { params: { path: { id: 'notes' } }, body: { filter: { page: { $lt: 3 } } } });
  await client.GET('/v1/databases/{id}/chunks', { params: { path: { id: 'notes' } } });
}
