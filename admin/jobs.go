package admin

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity/bulk"
	"plinto/internal/admission"
	"plinto/internal/tid"
)

// ImportUsers implements api.StrictServerInterface.
func (h *handlers) ImportUsers(ctx context.Context, _ api.ImportUsersRequestObject) (api.ImportUsersResponseObject, error) {
	j, err := h.Services.Bulk.Begin(ctx, callOf(ctx).upload)
	if err != nil {
		return nil, err
	}
	return api.ImportUsers202JSONResponse{Body: job(&j), Headers: api.ImportUsers202ResponseHeaders{Location: base(ctx) + "/jobs/" + j.PublicID()}}, nil
}

// ExportUsers implements api.StrictServerInterface.
func (h *handlers) ExportUsers(ctx context.Context, _ api.ExportUsersRequestObject) (api.ExportUsersResponseObject, error) {
	return lines(ctx, func(to io.Writer) error { return h.Services.Bulk.Export(ctx, to, false) }), nil
}

// ExportUsersWithPasswords implements api.StrictServerInterface.
func (h *handlers) ExportUsersWithPasswords(ctx context.Context, _ api.ExportUsersWithPasswordsRequestObject) (api.ExportUsersWithPasswordsResponseObject, error) {
	return lines(ctx, func(to io.Writer) error { return h.Services.Bulk.Export(ctx, to, true) }), nil
}

// ListJobs implements api.StrictServerInterface.
func (h *handlers) ListJobs(ctx context.Context, r api.ListJobsRequestObject) (api.ListJobsResponseObject, error) {
	p := r.Params
	listing := Listing{Name: "listJobs", Limit: p.Limit, After: p.After, Before: p.Before, Order: string(p.Order)}
	found, page, err := list(ctx, h.Cursors, listing, func(j *bulk.Job) uuid.UUID { return j.ID }, h.Services.Bulk.List)
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, p.Count, "jobs", uuid.Nil, "")
	return api.ListJobs200JSONResponse{Object: "list", Data: each(found, job), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous, TotalCount: n}, err
}

// job finds a job by its public id. An id that cannot be read does not exist.
func (h *handlers) job(ctx context.Context, public string) (bulk.Job, error) {
	id, err := tid.Parse(bulk.JobPrefix, public)
	if err != nil {
		return bulk.Job{}, bulk.ErrJob
	}
	return h.Services.Bulk.ByID(ctx, id)
}

// GetJob implements api.StrictServerInterface.
func (h *handlers) GetJob(ctx context.Context, r api.GetJobRequestObject) (api.GetJobResponseObject, error) {
	j, err := h.job(ctx, r.JobID)
	if err != nil {
		return nil, err
	}
	return api.GetJob200JSONResponse(job(&j)), nil
}

// ReadJobReport implements api.StrictServerInterface.
func (h *handlers) ReadJobReport(ctx context.Context, r api.ReadJobReportRequestObject) (api.ReadJobReportResponseObject, error) {
	j, err := h.job(ctx, r.JobID)
	if err != nil {
		return nil, err
	}
	return lines(ctx, func(to io.Writer) error { return h.Services.Bulk.Report(ctx, &j, to) }), nil
}

// CancelJob implements api.StrictServerInterface.
func (h *handlers) CancelJob(ctx context.Context, r api.CancelJobRequestObject) (api.CancelJobResponseObject, error) {
	j, err := h.job(ctx, r.JobID)
	if err != nil {
		return nil, err
	}
	if j, err = h.Services.Bulk.Cancel(ctx, j.ID); err != nil {
		return nil, err
	}
	return api.CancelJob200JSONResponse(job(&j)), nil
}

// job is a job as the API shows it.
func job(j *bulk.Job) api.Job {
	out := api.Job{
		Object: "job", ID: j.PublicID(), Kind: api.JobKind(j.Kind), Target: j.PublicTarget(), State: api.JobState(j.State), DryRun: j.DryRun, CreatedAt: j.CreatedAt.UTC(),
		Counts: api.JobCounts{Lines: j.Lines, Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Refused: j.Refused},
	}
	if !j.FinishedAt.IsZero() {
		out.FinishedAt = j.FinishedAt.UTC()
	}
	return out
}

// A stream is an answer of lines of JSON that is longer than what should be in memory.
type stream func(io.Writer) error

// lines is a stream that readers may take slowly: the request gives its place back.
func lines(ctx context.Context, write func(io.Writer) error) stream {
	return func(to io.Writer) error {
		admission.Release(ctx)
		return write(to)
	}
}

// VisitExportUsersResponse implements api.ExportUsersResponseObject.
func (s stream) VisitExportUsersResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitExportUsersWithPasswordsResponse implements api.ExportUsersWithPasswordsResponseObject.
func (s stream) VisitExportUsersWithPasswordsResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitReadJobReportResponse implements api.ReadJobReportResponseObject.
func (s stream) VisitReadJobReportResponse(w http.ResponseWriter) error { return s.send(w) }

// send writes the lines. What fails after the first of them ends the connection: an answer that looks
// whole would be taken for it.
func (s stream) send(w http.ResponseWriter) error {
	out := &streamWriter{w: w}
	err := s(out)
	switch {
	case err != nil && out.begun:
		panic(http.ErrAbortHandler)
	case err == nil && !out.begun:
		_, err = out.Write(nil)
	}
	return err
}

// streamWait is how long a reader may take for a page of it.
const streamWait = 30 * time.Second

type streamWriter struct {
	w     http.ResponseWriter
	begun bool
}

// Write implements io.Writer.
func (s *streamWriter) Write(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", linesOfJSON)
		s.w.WriteHeader(http.StatusOK)
	}
	// The server's own limit is for answers that are short. Where there is none, it stays so.
	_ = http.NewResponseController(s.w).SetWriteDeadline(time.Now().Add(streamWait))
	return s.w.Write(p)
}
