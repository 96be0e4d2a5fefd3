/**
 * What Redis is asked to do, each in one step of its own: scripts in Lua. A row is a hash of `payload`, `consumed` and
 * `listed`, which names the indexes that the row stands in; an index is a sorted set of ids by the millisecond at which their
 * rows end. Redis ends rows itself. An index loses the ended ones whenever it changes, and ends with the last of its rows. The
 * time is that of Redis, so that all who share it agree.
 */

const shared = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function settle(index)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2]
  if last == 'inf' then redis.call('PERSIST', index) elseif last then redis.call('PEXPIREAT', index, last) end
end
local function drop(row, id)
  local listed = redis.call('HGET', row, 'listed')
  if listed then
    for _, index in ipairs(cjson.decode(listed)) do
      redis.call('ZREM', index, id)
      settle(index)
    end
  end
  redis.call('DEL', row)
end
`

/** KEYS: the row. Payload and consumed. */
export const find = `return redis.call('HMGET', KEYS[1], 'payload', 'consumed')`

/** KEYS: an index. ARGV: what keys of rows begin with. Payload and consumed of a row that stands in it, or null. */
export const findListed = `${shared}
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. now)) do
  local found = redis.call('HMGET', ARGV[1] .. id, 'payload', 'consumed')
  if found[1] then return found end
end
return false`

/**
 * KEYS: the row, then every index that it is to stand in. ARGV: its id, payload, consumed or nothing, milliseconds to live or
 * nothing, and `add` where a row that is there must stay. 1 when it was written.
 */
export const write = `${shared}
local row, id, consumed, life = KEYS[1], ARGV[1], ARGV[3], tonumber(ARGV[4])
if ARGV[5] == 'add' and redis.call('EXISTS', row) == 1 then return 0 end
drop(row, id)
if life and life <= 0 then return 1 end
local ends = life and string.format('%.0f', now + life) or '+inf'
local indexes = {}
for place = 2, #KEYS do indexes[#indexes + 1] = KEYS[place] end
redis.call('HSET', row, 'payload', ARGV[2], 'listed', cjson.encode(indexes))
if consumed ~= '' then redis.call('HSET', row, 'consumed', consumed) end
if life then redis.call('PEXPIREAT', row, ends) end
for _, index in ipairs(indexes) do
  redis.call('ZADD', index, ends, id)
  settle(index)
end
return 1`

/** KEYS: the row. 1 when this was the first time. */
export const consume = `${shared}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HSETNX', KEYS[1], 'consumed', clock[1])`

/** KEYS: the row. ARGV: its id. */
export const destroy = `${shared}
drop(KEYS[1], ARGV[1])`

/** KEYS: an index. ARGV: what keys of rows begin with. Destroys the rows that stand in it. */
export const destroyListed = `${shared}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do drop(ARGV[1] .. id, id) end
redis.call('DEL', KEYS[1])`

/** KEYS: an index. How many rows stand in it. */
export const count = `${shared}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])`
