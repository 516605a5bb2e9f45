-- The chunk stream's writes. Each command is one step that no reader sees half of and no
-- crash leaves half done.
--
-- Key dictionary (braces are literal hash tags; the waiting line is shared by all streams,
-- so they live on one Redis and not in a cluster):
--
--   s:{sid}:meta    hash    epoch     decides what a position means
--                           gen       generation of the latest claim, 0 before the first
--                           floor     every later generation is at least this
--                           run       the server's own run when the latest claim was made
--                           next      sequence number the next chunk gets, from 1
--                           state     queued, running, done, failed, cancelled
--                           attempts  claims since the last published chunk
--                           owner     who made the latest claim, "" once it was given back
--                           token     names the latest claim call, so that it can be repeated
--                           bytes     message bytes ever appended to this log
--                           trimmed   message bytes trimmed off it
--                           cancel    "1" once the holder was asked to stop
--                           init      init segment, mime its type
--   s:{sid}:log     stream  ids <seq>-0; fields in this order: b (bytes appended before),
--                           g (generation), k (kind), m (the message)
--   s:{sid}:lease   string  the holder; expires when it stops publishing and renewing
--   s:{sid}:live    channel the very bytes of every appended message
--   q:waiting       zset    streams never claimed, by order of creation
--   q:order         string  counter behind that order
--   q:painted       set     streams that have not ended and whose mouths a network paints: they wait
--                           apart from the others; written by single commands, read by the scripts
--
-- Kept outside the scripts, by single commands:
--   s:active        zset    streams that have not ended, by the time the reaper looks at them
--   s:{sid}:viewers zset    viewers by the time they stop counting
--   s:{sid}:text    list    one element once the row has more text, until its holder has looked
--   t:{ticket}      string  stream that a one-time ticket opens
--   office:{name}   string  who holds an office (in the scripts: taken and left by comparison)

local META, LOG, LEASE, WAITING, ORDER, PAINTED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local STATE_AFTER = { ["end"] = "done", failed = "failed", cancelled = "cancelled" }
local ENDED = { done = true, failed = true, cancelled = true }

local command = {}

-- Above any number of claims, and above every earlier answer of its own.
local function beyond_all_claims()
    local now = redis.call("TIME")
    return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Another one after every start, and on a replica that has been promoted.
local function server_run()
    return string.match(redis.call("INFO", "server"), "run_id:(%x+)")
end

local function begin(epoch, gen, floor, next, live_ms)
    redis.call("HSET", META, "epoch", epoch, "gen", gen, "floor", floor, "next", next, "state", "queued",
        "attempts", 0, "owner", "", "token", "", "bytes", 0, "trimmed", 0, "run", server_run())
    redis.call("PEXPIRE", META, live_ms)
end

local function join_line(sid)
    redis.call("ZADD", WAITING, redis.call("INCR", ORDER), sid)
end

-- How many wait in the line of a stream.
local function waiting_beside(sid)
    local painted, count = redis.call("SISMEMBER", PAINTED, sid), 0
    for _, other in ipairs(redis.call("ZRANGE", WAITING, 0, -1)) do
        if redis.call("SISMEMBER", PAINTED, other) == painted then
            count = count + 1
        end
    end
    return count
end

-- sid, epoch, limit (-1: none), meta_live_ms
function command.create(sid, epoch, limit, live_ms)
    local known = redis.call("HGET", META, "epoch")
    if known then
        return { known == epoch and "created" or "foreign" }
    end
    limit = tonumber(limit)
    if limit >= 0 and redis.call("ZCARD", WAITING) >= limit and waiting_beside(sid) >= limit then
        return { "full" }
    end
    begin(epoch, 0, 0, 1, live_ms)
    join_line(sid)
    return { "created" }
end

-- sid, epoch, gen, next, owner ("": nobody), lease_ms, meta_live_ms
function command.recreate(sid, epoch, gen, next, owner, lease_ms, live_ms)
    if redis.call("EXISTS", META) == 1 then
        return 0
    end
    redis.call("DEL", LOG, LEASE)
    -- Claims may have been forgotten with the rest, and a worker of one of them may still
    -- be about.
    begin(epoch, gen, beyond_all_claims(), next, live_ms)
    if owner == "" then
        join_line(sid)
    else
        redis.call("HSET", META, "state", "running", "attempts", 1, "owner", owner)
        redis.call("SET", LEASE, owner, "PX", lease_ms)
    end
    return 1
end

-- sid, owner, token, lease_ms, meta_live_ms, attempts_max
function command.claim(sid, owner, token, lease_ms, live_ms, attempts_max)
    local m = redis.call("HMGET", META, "state", "gen", "next", "epoch", "attempts", "token", "floor", "run")
    local state, gen, next, epoch = m[1], tonumber(m[2]), tonumber(m[3]), m[4]
    if not state then
        return { "gone", 0, 0, "" }
    elseif ENDED[state] then
        return { "closed", gen, next, epoch }
    elseif redis.call("EXISTS", LEASE) == 1 then
        return { m[6] == token and "claimed" or "busy", gen, next, epoch }
    elseif tonumber(m[5]) >= tonumber(attempts_max) then
        return { "poison", gen, next, epoch }
    end
    gen = math.max(gen + 1, tonumber(m[7]))
    local run = server_run()
    if m[8] ~= run then
        -- Since the last claim the server was started anew. The second before that may be
        -- forgotten with a claim in it, whose worker would share the next number.
        gen = math.max(gen, beyond_all_claims())
    end
    redis.call("HSET", META, "gen", gen, "run", run, "state", "running", "attempts", tonumber(m[5]) + 1,
        "owner", owner, "token", token)
    redis.call("PEXPIRE", META, live_ms)
    redis.call("SET", LEASE, owner, "PX", lease_ms)
    redis.call("ZREM", WAITING, sid)
    return { "claimed", gen, next, epoch }
end

local function append(sid, gen, seq, bytes, kind, message, expiry)
    redis.call("XADD", LOG, seq .. "-0", "b", bytes, "g", gen, "k", kind, "m", message)
    redis.call("HSET", META, "next", seq + 1, "attempts", 0, "bytes", bytes + #message)
    local state = STATE_AFTER[kind]
    if state then
        redis.call("HSET", META, "state", state)
        redis.call("DEL", LEASE)
        redis.call("ZREM", WAITING, sid)
        redis.call("PEXPIRE", LOG, expiry.log_ended_ms)
        redis.call("PEXPIRE", META, expiry.meta_ended_ms)
    else
        redis.call("PEXPIRE", LOG, expiry.log_live_ms)
        redis.call("PEXPIRE", META, expiry.meta_live_ms)
    end
    redis.call("PUBLISH", "s:{" .. sid .. "}:live", message)
end

-- Returns how many bytes have been trimmed off the log in its life.
local function trim(trim_to, seq, bytes, trimmed)
    if trim_to > 0 and redis.call("XTRIM", LOG, "MINID", math.min(trim_to, seq) .. "-0") > 0 then
        trimmed = tonumber(redis.call("XRANGE", LOG, "-", "+", "COUNT", 1)[1][2][2])
        redis.call("HSET", META, "trimmed", trimmed)
    end
    return bytes - trimmed
end

local function expiries(meta_live_ms, meta_ended_ms, log_live_ms, log_ended_ms)
    return { meta_live_ms = meta_live_ms, meta_ended_ms = meta_ended_ms,
        log_live_ms = log_live_ms, log_ended_ms = log_ended_ms }
end

-- sid, gen, seq, epoch, kind, message, trim_to (0: nothing), lease_ms, four expiries
function command.publish(sid, gen, seq, epoch, kind, message, trim_to, lease_ms, ...)
    local m = redis.call("HMGET", META, "state", "gen", "next", "epoch", "owner", "bytes", "trimmed")
    if not m[1] then
        return { "gone", 0, 0 }
    end
    local next, bytes = tonumber(m[3]), tonumber(m[6])
    seq = tonumber(seq)
    if m[2] ~= gen or m[4] ~= epoch then
        return { "fenced", next, 0 }
    elseif seq < next then
        return { "dup", next, 0 }
    elseif ENDED[m[1]] then
        return { "closed", next, 0 }
    elseif m[5] == "" then
        return { "fenced", next, 0 }
    elseif seq > next then
        return { "gap", next, 0 }
    end
    redis.call("SET", LEASE, m[5], "PX", lease_ms)
    append(sid, gen, seq, bytes, kind, message, expiries(...))
    return { "appended", seq + 1, trim(tonumber(trim_to), seq, bytes + #message, tonumber(m[7])) }
end

-- An ending for a stream that nobody holds. The caller built the message for the
-- generation after `gen` and the number `next`; when either has moved it is told so.
-- sid, gen, next, kind, message, ask ("1": a holder is asked to stop), four expiries
function command.finish(sid, gen, next, kind, message, ask, ...)
    local m = redis.call("HMGET", META, "state", "gen", "next", "bytes")
    if not m[1] then
        return "gone"
    elseif ENDED[m[1]] then
        return "closed"
    elseif redis.call("EXISTS", LEASE) == 1 then
        if ask == "1" then
            redis.call("HSET", META, "cancel", "1")
        end
        return "held"
    elseif m[2] ~= gen or m[3] ~= next then
        return "moved"
    end
    local own = tonumber(gen) + 1
    redis.call("HSET", META, "gen", own, "owner", "")
    append(sid, own, tonumber(next), tonumber(m[4]), kind, message, expiries(...))
    return "finished"
end

-- sid, gen, init, mime, lease_ms
function command.set_init(_, gen, init, mime, lease_ms)
    local m = redis.call("HMGET", META, "state", "gen", "owner")
    if not m[1] then
        return "gone"
    elseif m[2] ~= gen then
        return "fenced"
    elseif ENDED[m[1]] then
        return "closed"
    elseif m[3] == "" then
        return "fenced"
    end
    redis.call("HSET", META, "init", init, "mime", mime)
    redis.call("SET", LEASE, m[3], "PX", lease_ms)
    return "appended"
end

local function holds(gen, owner)
    local m = redis.call("HMGET", META, "state", "gen", "owner")
    return m[1] and not ENDED[m[1]] and m[2] == gen and m[3] == owner
end

-- sid, gen, owner, lease_ms, meta_live_ms
function command.renew(_, gen, owner, lease_ms, live_ms)
    if not holds(gen, owner) then
        return 0
    end
    redis.call("SET", LEASE, owner, "PX", lease_ms)
    redis.call("PEXPIRE", META, live_ms)
    return 1
end

-- sid, gen, owner, drained ("1" or "0")
function command.release(_, gen, owner, drained)
    if not holds(gen, owner) then
        return 0
    end
    redis.call("DEL", LEASE)
    redis.call("HSET", META, "owner", "")
    local attempts = tonumber(redis.call("HGET", META, "attempts"))
    if drained == "1" and attempts > 0 then
        redis.call("HSET", META, "attempts", attempts - 1)
    end
    return 1
end

-- sid, prefix
function command.evict(_, prefix)
    local owner = redis.call("GET", LEASE)
    if not owner or string.sub(owner, 1, #prefix) ~= prefix then
        return 0
    end
    redis.call("DEL", LEASE)
    if redis.call("EXISTS", META) == 1 then
        redis.call("HSET", META, "owner", "")
    end
    return 1
end

-- KEYS[1] is the office; owner, ttl_ms
function command.lead(owner, ttl_ms)
    if redis.call("GET", KEYS[1]) == owner then
        redis.call("PEXPIRE", KEYS[1], ttl_ms)
        return 1
    end
    return redis.call("SET", KEYS[1], owner, "NX", "PX", ttl_ms) and 1 or 0
end

-- KEYS[1] is the office; owner
function command.resign(owner)
    if redis.call("GET", KEYS[1]) == owner then
        return redis.call("DEL", KEYS[1])
    end
    return 0
end

return command[ARGV[1]](unpack(ARGV, 2))
