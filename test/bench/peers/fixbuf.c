/*
 * libfixbuf as a contender of test/bench/codec.mjs:
 *   fixbuf sum FILE       decode every record to one field and add up its octets
 *   fixbuf encode COUNT   encode so many flat records into /dev/null
 */
#include <fixbuf/public.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fbInfoElementSpec_t one_field[] = {{"octetDeltaCount", 8, 0}, FB_IESPEC_NULL};

/* The fields of flatFields in codec-data.mjs, in its order. */
static fbInfoElementSpec_t flat_fields[] = {
    {"octetDeltaCount", 8, 0},        {"packetDeltaCount", 8, 0},
    {"flowStartMilliseconds", 8, 0},  {"flowEndMilliseconds", 8, 0},
    {"sourceIPv4Address", 4, 0},      {"destinationIPv4Address", 4, 0},
    {"ingressInterface", 4, 0},       {"egressInterface", 4, 0},
    {"sourceTransportPort", 2, 0},    {"destinationTransportPort", 2, 0},
    {"tcpControlBits", 2, 0},         {"protocolIdentifier", 1, 0},
    {"ipClassOfService", 1, 0},       FB_IESPEC_NULL};

typedef struct flat_record {
    uint64_t octets, packets, start, end;
    uint32_t source, destination, ingress, egress;
    uint16_t source_port, destination_port, flags;
    uint8_t protocol, tos;
} flat_record_t;

static void stop(const char *what, GError *error)
{
    fprintf(stderr, "%s: %s\n", what, error ? error->message : "failed");
    exit(1);
}

static fbTemplate_t *make_template(fbInfoModel_t *model, fbInfoElementSpec_t *specs)
{
    GError *error = NULL;
    fbTemplate_t *made = fbTemplateAlloc(model);
    if (!fbTemplateAppendSpecArray(made, specs, 0xffffffff, &error)) stop("template", error);
    return made;
}

static void sum(fbInfoModel_t *model, const char *path)
{
    GError *error = NULL;
    fbSession_t *session = fbSessionAlloc(model);
    fbTemplate_t *wanted = make_template(model, one_field);
    uint16_t id = fbSessionAddTemplate(session, TRUE, FB_TID_AUTO, wanted, &error);
    fbCollector_t *collector = fbCollectorAllocFile(NULL, path, &error);
    if (!id || !collector) stop("open", error);
    fBuf_t *buffer = fBufAllocForCollection(session, collector);
    if (!fBufSetInternalTemplate(buffer, id, &error)) stop("internal template", error);
    uint64_t octets = 0, records = 0, value;
    for (;;) {
        size_t length = sizeof(value);
        if (!fBufNext(buffer, (uint8_t *)&value, &length, &error)) break;
        octets += value;
        records++;
    }
    if (!g_error_matches(error, FB_ERROR_DOMAIN, FB_ERROR_EOF)) stop("read", error);
    printf("%llu %llu\n", (unsigned long long)records, (unsigned long long)octets);
}

static void encode(fbInfoModel_t *model, long count)
{
    GError *error = NULL;
    fbSession_t *session = fbSessionAlloc(model);
    fbTemplate_t *made = make_template(model, flat_fields);
    if (!fbSessionAddTemplate(session, TRUE, 256, made, &error)) stop("template", error);
    if (!fbSessionAddTemplate(session, FALSE, 256, made, &error)) stop("template", error);
    fBuf_t *buffer = fBufAllocForExport(session, fbExporterAllocFile("/dev/null"));
    if (!fbSessionExportTemplates(session, &error)) stop("templates", error);
    if (!fBufSetInternalTemplate(buffer, 256, &error)) stop("internal template", error);
    if (!fBufSetExportTemplate(buffer, 256, &error)) stop("export template", error);
    flat_record_t record;
    memset(&record, 0, sizeof(record));
    for (long i = 0; i < count; i++) {
        record.octets = 1000 + i;
        record.packets = i;
        record.source = 0x0a000000 + i;
        if (!fBufAppend(buffer, (uint8_t *)&record, sizeof(record), &error)) stop("append", error);
    }
    if (!fBufEmit(buffer, &error)) stop("emit", error);
    printf("%ld\n", count);
}

int main(int argc, char **argv)
{
    fbInfoModel_t *model = fbInfoModelAlloc();
    if (argc == 3 && strcmp(argv[1], "sum") == 0) sum(model, argv[2]);
    else if (argc == 3 && strcmp(argv[1], "encode") == 0) encode(model, atol(argv[2]));
    else return 2;
    return 0;
}
