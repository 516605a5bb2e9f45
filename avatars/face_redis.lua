-- The second level of the face cache. Each command is one step, so that bytes are counted
-- right whoever dies when. The server evicts nothing (it carries streams too): this does.
--
-- Key dictionary (KEYS in this order; {faces} is a literal hash tag):
--
--   {faces}:kept   zset   avatars whose face is kept, by how often it was asked for
--   {faces}:used   zset   the same avatars, by the milliseconds of the last request or writing
--   {faces}:asked  zset   avatars asked for here, kept or not, by how often
--   {faces}:sums   hash   bytes kept, requests (what makes later ones weigh more), and what
--                         happened: hits, misses, evictions, expired, poisoned
--   {faces}:e:{avatar}    hash   v version, s source, n bytes counted for it, d the entry
--
-- Counts fade as in avatars/popularity.py.
local KEPT, USED, ASKED, SUMS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local command, now_ms, idle_ms, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local half_life, most_names = tonumber(ARGV[5]), tonumber(ARGV[6])
local avatar, version, source = ARGV[7], tonumber(ARGV[8]), ARGV[9]

local OVERHEAD = 512 -- of a hash and its three lines in the sets, about
local EXPIRED_AT_ONCE, VICTIMS_AT_MOST = 8, 64
local LARGEST_HALVINGS = 500

local function entry_key(name)
  return '{faces}:e:' .. name
end

local function count(what, n)
  if n > 0 then redis.call('HINCRBY', SUMS, what, n) end
end

local function drop(name)
  local bytes = redis.call('HGET', entry_key(name), 'n')
  -- What another hand has removed is missing here too; `check` sets the sum right.
  if bytes then redis.call('HINCRBY', SUMS, 'bytes', -tonumber(bytes)) end
  redis.call('DEL', entry_key(name))
  redis.call('ZREM', KEPT, name)
  redis.call('ZREM', USED, name)
end

local function expire()
  local idle = redis.call('ZRANGEBYSCORE', USED, '-inf', '(' .. (now_ms - idle_ms), 'LIMIT', 0, EXPIRED_AT_ONCE)
  for _, name in ipairs(idle) do drop(name) end
  count('expired', #idle)
  return #idle
end

-- Long before a double overflows, all counts are divided alike.
local function fade(requests)
  local weight = string.format('%.17g', 2 ^ (-requests / half_life))
  redis.call('ZUNIONSTORE', KEPT, 1, KEPT, 'WEIGHTS', weight)
  redis.call('ZUNIONSTORE', ASKED, 1, ASKED, 'WEIGHTS', weight)
  redis.call('HINCRBY', SUMS, 'requests', -requests)
end

local function note()
  local requests = redis.call('HINCRBY', SUMS, 'requests', 1)
  if requests > half_life * LARGEST_HALVINGS then
    fade(requests)
    requests = 0
  end
  local score = redis.call('ZINCRBY', ASKED, string.format('%.17g', 2 ^ (requests / half_life)), avatar)
  if redis.call('ZCARD', ASKED) > most_names then
    redis.call('ZREMRANGEBYRANK', ASKED, 0, math.floor(most_names / 10))
  end
  return score
end

-- Return whose places an entry of so many bytes takes, or nil where it gets none.
local function victims_for(bytes)
  if bytes > limit then return nil end
  local own = tonumber(redis.call('HGET', entry_key(avatar), 'n') or 0)
  local room = limit - tonumber(redis.call('HGET', SUMS, 'bytes') or 0) + own
  local worth = tonumber(redis.call('ZSCORE', ASKED, avatar) or 0)
  local found = {}
  if room >= bytes then return found end
  local line = redis.call('ZRANGE', KEPT, 0, VICTIMS_AT_MOST, 'WITHSCORES')
  for i = 1, #line, 2 do
    if line[i] ~= avatar then
      worth = worth - tonumber(line[i + 1])
      if worth < 0 then return nil end
      found[#found + 1] = line[i]
      room = room + tonumber(redis.call('HGET', entry_key(line[i]), 'n') or 0)
      if room >= bytes then return found end
    end
  end
  return nil
end

-- ask: {whether it is kept, expired, whether an entry of the usual size would be}; the entry itself
-- is read beside this
if command == 'ask' then
  local score = note()
  local expired = expire()
  local kept = redis.call('HMGET', entry_key(avatar), 'v', 's')
  if kept[1] and tonumber(kept[1]) == version and kept[2] == source then
    redis.call('ZADD', KEPT, score, avatar)
    redis.call('ZADD', USED, now_ms, avatar)
    count('hits', 1)
    return {1, expired, 1}
  end
  count('misses', 1)
  if kept[1] and tonumber(kept[1]) > version then return {0, expired, 0} end
  local bytes = tonumber(redis.call('HGET', SUMS, 'bytes') or 0)
  return {0, expired, victims_for(bytes / math.max(1, redis.call('ZCARD', KEPT))) and 1 or 0}
end

-- keep: {whether it is kept, evicted}; ARGV[10] is the entry
if command == 'keep' then
  local kept = redis.call('HGET', entry_key(avatar), 'v')
  if kept and tonumber(kept) > version then return {0, 0} end
  local bytes = #ARGV[10] + OVERHEAD
  local victims = victims_for(bytes)
  if not victims then
    -- An older version of it is nobody's any more, and a refused newer one must not leave it.
    if kept and tonumber(kept) < version then drop(avatar) end
    return {0, 0}
  end
  for _, name in ipairs(victims) do drop(name) end
  drop(avatar)
  redis.call('HSET', entry_key(avatar), 'v', version, 's', source, 'n', bytes, 'd', ARGV[10])
  redis.call('ZADD', KEPT, redis.call('ZSCORE', ASKED, avatar) or 0, avatar)
  redis.call('ZADD', USED, now_ms, avatar)
  redis.call('HINCRBY', SUMS, 'bytes', bytes)
  count('evictions', #victims)
  return {1, #victims}
end

-- drop: remove a poisoned entry, if it is still the one that was read
if command == 'drop' then
  local kept = redis.call('HMGET', entry_key(avatar), 'v', 's')
  if not kept[1] or tonumber(kept[1]) ~= version or kept[2] ~= source then return 0 end
  drop(avatar)
  count('poisoned', 1)
  return 1
end

-- check: bring sets and sum in line with the entries; returns how many lines were wrong
if command == 'check' then
  local wrong, bytes = 0, 0
  for _, name in ipairs(redis.call('ZUNION', 2, KEPT, USED)) do
    local own = redis.call('HGET', entry_key(name), 'n')
    if own and redis.call('ZSCORE', KEPT, name) and redis.call('ZSCORE', USED, name) then
      bytes = bytes + tonumber(own)
    else
      drop(name)
      wrong = wrong + 1
    end
  end
  if tonumber(redis.call('HGET', SUMS, 'bytes') or 0) ~= bytes then
    redis.call('HSET', SUMS, 'bytes', bytes)
    wrong = wrong + 1
  end
  return wrong
end

return redis.error_reply('no command ' .. command)
