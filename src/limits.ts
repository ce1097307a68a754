/**
 * Every bound on untrusted or unbounded things, with its unit and its reason.
 * Units stand last in each name. Nothing else in the program hard-codes a bound.
 */
export const limits = {
  /** Largest IPFIX Message: its Length field has 16 bits (RFC 7011 §3.1). */
  messageBytes: 65_535,
  /** Fields of one Template: the widest of the field has about 150, hostile ones 16 383. */
  templateFields: 1_024,
  /** Nesting of structured data (RFC 6313 §12): YAF needs 3, 8 000 fit in a Message. */
  listDepth: 32,
  /** Observation Domains per Transport Session; the one unused for longest is forgotten. */
  sessionDomains: 1_024,
  /** Fields of all Templates of a Transport Session: about 20 MB; more Templates are refused. */
  sessionTemplateFields: 262_144,
  /** Elements one Transport Session may describe in type records (RFC 5610): CERT has 461. */
  learnedElements: 4_096,
  /** Names of such elements that one thread remembers, to tell them from misspelt ones. */
  heardNames: 65_536,
  /** Elements that users may define in one thread: the registries have a thousand each. */
  ownElements: 32_768,
  /** Characters of a file of elements: ten times IANA's registry as XML. */
  elementFileCharacters: 8_388_608,
  /** Nesting of XML: IANA's registries need seven. */
  xmlDepth: 32,
  /** Seconds that Templates of an exporter which is not heard are kept on disk: a long holiday. */
  templateCacheSeconds: 1_209_600,
  /** Milliseconds from a change of Templates until they are written: many come at once. */
  templateCacheWriteMs: 1_000,
  /** How far behind a Sequence Number may be and still be of a Message that was overtaken. */
  sequenceReordering: 65_536,
  /** Octets of Data Sets that wait for their Template in one session: some thousand records. */
  sessionWaitingBytes: 1_048_576,
  /** Data Sets that wait in one session: looking through them must stay cheap. */
  sessionWaitingSets: 1_024,
  /** Octets of Data Sets that wait in all sessions of a collector together. */
  collectorWaitingBytes: 16_777_216,
  /** Seconds that a Data Set may be older than its Template: twice the longest usual refresh. */
  lateTemplateSeconds: 3_600,
  /** Characters of a `where` expression: room for some hundred comparisons. */
  whereCharacters: 8_192,
  /** Nesting of a `where` expression: deeper ones are made by programs, or attacks. */
  whereDepth: 64,
  /** Templates a writer keeps per Observation Domain; beyond it all are sent anew. */
  writerTemplates: 4_096,
  /** Octets captured of one packet: tcpdump's own largest snapshot length. */
  packetBytes: 262_144,
  /** Peers of one UDP collector, each with a Transport Session; the one silent longest goes. */
  collectorPeers: 1_024,
  /** Milliseconds until a peer that sends records takes precedence over newer ones. */
  peerProbationMs: 10_000,
  /** TCP connections of one collector; further ones are refused at once. */
  collectorConnections: 256,
  /** Fields of all Templates of one collector's peers, about 20 MB; then the largest peer goes. */
  collectorTemplateFields: 262_144,
  /** Transport Sessions and files that one Lua engine may have open for `fixbuf`, each. */
  scriptSessions: 1_024,
  /** Octets that such a session counts as in Lua's memory, so that Lua collects them in time. */
  scriptSessionBytes: 16_384,
  /** Sockets that one Lua engine may have open. */
  scriptSockets: 64,
  /** Octets that wait at one socket for a script to take them; then UDP drops and TCP waits. */
  scriptInboxBytes: 4_194_304,
  /** Octets asked for as UDP receive buffer: 50 ms at a gigabit, 3 000 full Messages. */
  udpReceiveBufferBytes: 4_194_304,
  /** Milliseconds until the first Message Header of a TCP connection: longer is a slow attack. */
  tcpFirstHeaderMs: 5_000,
  /** Milliseconds until a TCP connection stands: a host that is gone does not answer at all. */
  tcpConnectMs: 10_000,
  /** Milliseconds from the first to the last octet of a Message over TCP. */
  tcpMessageMs: 30_000,
  /** Milliseconds of silence after which a TCP connection may have to give way to a new one. */
  tcpSilenceMs: 60_000,
  /** Milliseconds that stopping a collector or exporter may take over what is under way. */
  transportStopMs: 1_000,
  /** Problems that one collector or exporter tells per minute; further ones are counted. */
  noticesPerMinute: 100,
  /** Octets of a UDP Message, so that it fits an Ethernet frame through a tunnel or two. */
  udpMessageBytes: 1_400,
  /** Octets of datagrams that wait for the network; further ones are dropped and counted. */
  udpQueueBytes: 4_194_304,
  /** Octets of batches that wait for a TCP collector; further ones are dropped and counted. */
  tcpQueueBytes: 67_108_864,
  /** Records that `moonfix send` lets wait for the network before it reads on. */
  sendQueueRecords: 10_000,
  /** Milliseconds after which `moonfix send` gives up on a collector that takes nothing. */
  sendStallMs: 10_000,
  /** Octets of whole Messages that gather before they go to a file. */
  fileBlockBytes: 65_536,
  /** Octets that a Zstandard frame may ask for: what its own program grants without being told. */
  zstdWindowBytes: 134_217_728,
  /** Octets of a file that gets an index of its records: a smaller one is read in no time. */
  indexLeastBytes: 4_194_304,
  /** Records and octets between two places of a file to begin at: some milliseconds of reading. */
  indexStrideRecords: 8_192,
  indexStrideBytes: 1_048_576,
  /** Such places of one file; beyond, they stand twice as far apart. */
  indexCheckpoints: 65_536,
  /** Messages that define what is in force at such a place: each is a read of its own. */
  indexSetupMessages: 256,
  /** Milliseconds of a file's period at least: more files than one a second nobody opens. */
  rotationLeastMs: 1_000,
  /** Octets of a file that rotates at least: room for the largest Message. */
  rotationLeastBytes: 100_000,
  /** Octets of one pcapng block: room for a packet of the largest size with its options. */
  captureBlockBytes: 16_777_216,
  /** Interfaces of one pcapng section; a hostile file could name a million. */
  captureInterfaces: 65_536,
  /** Octets of conf.lua: a thousand times the shipped one. */
  configurationBytes: 1_048_576,
  /** Milliseconds conf.lua may take to evaluate: it makes declarations, it does no work. */
  configurationMs: 5_000,
  /** Lines that the prompt remembers over its sessions. */
  replHistoryLines: 1_000,
  /** Milliseconds without a sign of life after which a lane is ended and started anew. */
  laneSilenceMs: 20_000,
  /** Declarations of one conf.lua: a thousand times the shipped one. */
  declarations: 10_000,
  /** Problems of one conf.lua that are told. */
  configurationProblems: 100,
  /** Milliseconds a mediator may take for one batch, at most 64 kB of records: 20 are usual. */
  mediatorMs: 1_000,
  /** Files one probe pattern may stand for. */
  probeFiles: 10_000,
  /** Hosts a probe's summary keeps apart; traffic of further ones is shown as "other". */
  summaryHosts: 10_000,
  /** Octets of Lua memory for conf.lua and its mediators: a million entries of a table fit. */
  luaMemoryBytes: 268_435_456,
  /** Octets conf.lua, or a mediator during one batch, may print: more floods the log. */
  pipelineOutputBytes: 1_048_576,
  /** Octets of Lua memory for an agent's script, so that a dozen of them run on a small machine. */
  agentMemoryBytes: 67_108_864,
  /** Lua instructions of an agent's script: about ten seconds of a loop that does nothing. */
  agentInstructions: 1_000_000_000,
  /** Milliseconds of an agent's script: a request that waits for it has not timed out by then. */
  agentDeadlineMs: 30_000,
  /** Octets an agent's script may print: more than a model reads. */
  agentOutputBytes: 1_048_576,
  /** Octets of Lua's objects at least: the library alone takes a tenth of it. */
  luaLeastMemoryBytes: 1_048_576,
  /** Memory of a Lua VM for scripts that a user starts: they may hold a large file's results. */
  luaScriptMemoryBytes: 1_073_741_824,
  /** Nesting of tables that cross between Lua and the host, as for JSON requests. */
  luaValueDepth: 32,
  /** Values in one crossing: a result of three million entries is a mistake or an attack. */
  luaValues: 100_000,
  /** Octets of text in one crossing: half of what a pipeline's VM can hold. */
  luaCrossingBytes: 134_217_728,
  /** Seconds since 1970 that have a year of four digits: 0000 to 9999. */
  timeFromSeconds: -62_167_219_200,
  timeToSeconds: 253_402_300_799,
  /** Octets of JSON text that is encoded or decoded at once: a tenth of a second or two. */
  jsonBytes: 33_554_432,
  /** Nesting of JSON, as of all values that cross. */
  jsonDepth: 32,
  /** Named tables of `state.table` in one lane. */
  stateTables: 64,
  /** Entries of one table: the hosts of a large network. */
  stateEntries: 65_536,
  /** Octets of all tables of a lane, keys and values as they are counted. */
  stateBytes: 67_108_864,
  /** Milliseconds between two looks at whether a script that waits must end: a blink. */
  luaWaitLookMs: 50,
  /** Seconds that a script may sleep at a stretch: about what timers can hold. */
  sleepSeconds: 2_000_000,
  /** Host errors that a Lua error object can still name as its cause. */
  luaCrossedErrors: 64,
  /** Names that the prompt offers at a time: more than a screen holds. */
  replCompletions: 500,
  /** Lines of a REPL script on their way to the terminal before the script waits. */
  replLines: 1_000,
  /** Slots of a coroutine's stack: as LuaJIT's; its copies stay below a millisecond. */
  luaStackSlots: 65_500,
  /** Lua instructions that an error, or a change of coroutine, counts as: it takes as long. */
  luaErrorInstructions: 500,
  /** Lua instructions between two hooks: a slow instruction takes milliseconds. */
  luaHookInstructions: 500,
  /** Lua instructions between two looks at the clock: some microseconds. */
  luaLookInstructions: 500,
  /** Milliseconds between two looks at the clock that are too many: look after fewer. */
  luaSlowLookMs: 20,
  /** Octets beyond a VM's memory for the error that says so. */
  luaErrorRoomBytes: 65_536,
  /** Octets of C's memory beside what Lua's objects may hold; 16 MiB is the VM's own least. */
  luaHeapRoomBytes: 16_777_216,
  /** Calls that the traceback of an error shows, as Lua's own. */
  luaTracebackCalls: 22,
  /** Octets of an error's message or traceback that leave the VM: more than a screen. */
  luaErrorBytes: 16_384,
  /** Different errors of one stage that are reported; all are counted. */
  toldErrors: 100,
  /** Untouched records in a row that are copied beside changed ones; longer runs are not copied. */
  copiedRunRecords: 32,
  /** Octets that a script may emit for one batch, beside its records: a mistake beyond. */
  luaStageOctets: 16_777_216,
  /** Templates whose fields one Lua VM reads without the host: some hundred octets each. */
  luaFieldTables: 256,
  /** Octets of a pattern: longer ones are data, and compiled take 25 times as much and more. */
  luaPatternBytes: 262_144,
  /** Elements that one `table.move` may copy: it runs in C, where nothing can stop it. */
  luaMoveElements: 10_000_000,
  /** Untrusted scripts at a time: as many as small machines have processors. */
  sandboxWorkers: 2,
  /** Untrusted scripts that may wait for a thread: more are refused, not left to time out. */
  sandboxQueue: 64,
  /** Milliseconds of one untrusted script at most, whatever its profile: an hour. */
  sandboxTimeoutMs: 3_600_000,
  /** Milliseconds a script may take to end when asked; only a loop within C takes longer. */
  sandboxGraceMs: 500,
  /** Octets of text in an untrusted script's arguments or results: more belongs in a file. */
  sandboxValueBytes: 8_388_608,
  /** JavaScript memory of a sandbox's thread beside Lua's: values and lines on their way. */
  sandboxHeapBytes: 268_435_456,
  /** Conversions at a time: as many as the predecessor ran, and as small machines have cores. */
  taskWorkers: 2,
  /** Tasks that may wait: the slots of the predecessor; more are refused, not left to time out. */
  taskQueue: 15,
  /** Ended tasks that are remembered, each up to a request body; what ended first is forgotten. */
  taskHistory: 256,
  /** Captures one task may read: a day cut into pieces of two minutes. */
  taskInputs: 1_000,
  /** JavaScript memory of a task's thread; beyond it the task fails and the process lives. */
  taskHeapBytes: 2_147_483_648,
  /** Milliseconds a cancelled task may take to clean up before its thread is ended by force. */
  taskCancelMs: 500,
  /** Seconds a refused client is asked to wait at most, however long the running tasks take. */
  taskRetrySeconds: 60,
  /** Characters of a path in a request: PATH_MAX of Linux. */
  pathCharacters: 4_096,
  /** Octets of a request body: a thousand captures of long names fit. */
  apiBodyBytes: 1_048_576,
  /** Milliseconds a client may take for its request's headers, then for all of it. */
  apiHeadersMs: 5_000,
  apiRequestMs: 10_000,
  /** Milliseconds a connection may stay without a request. */
  apiIdleMs: 5_000,
  /** Connections at a time. */
  apiConnections: 256,
  /** Milliseconds running requests may take to finish when the API stops. */
  apiStopMs: 500,
  /** Milliseconds the engine may take to tell how it is. */
  apiHealthMs: 2_000,
  /** Problems listed in one answer. */
  apiProblems: 50,
  /** Tags, labels and further headers between the link layer and IP: real networks stack four. */
  linkHeaders: 16,
  /** Extension headers of one IPv6 packet: RFC 8200 §4.1 has six, and hostile ones go on. */
  ipv6ExtensionHeaders: 16,
  /** Flows a meter keeps at a time unless its user says otherwise: 160 octets each and an index. */
  meterFlows: 1_000_000,
  /** First fragments whose ports a meter remembers; the next one of a place replaces the last. */
  meterFragments: 1_024,
  /** Milliseconds between fragments of one packet; YAF forgets them after as long. */
  meterFragmentMs: 30_000,
  /** EtherTypes and link types that a meter counts apart by name; further ones count as "other". */
  meterNames: 64,
} as const;
