package manifest

import (
	"context"
	"errors"
	"fmt"
)

// listedMost is how many changes of a long list a plan shows. It counts the others.
const listedMost = 1000

// A stage is what is written of a tenant in one transaction, or, of a long list, in many: some items in each.
type stage struct {
	changes []Change // of a long list, those that are shown
	counts  map[Action]int
	omitted int // changes of a long list that are not shown
	// some hands the changes of a long list over, compared anew, some at a time; nil: changes are all.
	some func(ctx context.Context, do func(context.Context, []Change) error) error
}

// whole is a stage of changes that are known.
func whole(changes []Change) stage {
	s := stage{changes: changes, counts: map[Action]int{}}
	for i := range changes {
		s.counts[changes[i].Action]++
	}
	return s
}

// long is a stage of a long list. It compares once, to count and to show, and once more when it is applied.
func long(ctx context.Context, some func(context.Context, func(context.Context, []Change) error) error) (stage, error) {
	s := stage{counts: map[Action]int{}, some: some}
	err := some(ctx, func(_ context.Context, changes []Change) error {
		for _, c := range changes {
			s.counts[c.Action]++
			switch {
			case c.Action == Unchanged:
			case len(s.changes) < listedMost:
				c.prepare, c.write = nil, nil
				s.changes = append(s.changes, c)
			default:
				s.omitted++
			}
		}
		return nil
	})
	return s, err
}

// finish ends the stage of what was compared so far, when there is something.
func (s *scene) finish() {
	if len(s.changes) > 0 {
		s.part.stages = append(s.part.stages, whole(s.changes))
	}
	s.changes = nil
}

// inSteps adds the stage of a long list.
func (s *scene) inSteps(ctx context.Context, some func(context.Context, func(context.Context, []Change) error) error) error {
	s.finish()
	made, err := long(ctx, some)
	s.part.stages = append(s.part.stages, made)
	return s.noted(err)
}

// asProblems is err, or the problems that were found.
func (s *scene) asProblems(err error, found *log) error {
	if err == nil && len(found.list) > 0 {
		return &Problems{s.plan.file, found.list}
	}
	return err
}

// noted adds problems to those of the plan, and returns other errors.
func (s *scene) noted(err error) error {
	var found *Problems
	if errors.As(err, &found) {
		s.problems.list = append(s.problems.list, found.List...)
		return nil
	}
	return err
}

// apart returns what compare adds, instead of adding it to what is compared so far.
func (s *scene) apart(compare func(*scene) error) ([]Change, error) {
	other := *s
	other.changes, other.deletions = nil, nil
	err := compare(&other)
	return append(other.changes, other.deletions...), err
}

// longUsers compares the users of a long list and their roles. What is written of one, and with them, is written
// together.
func (s *scene) longUsers(ctx context.Context) error {
	return s.inSteps(ctx, func(ctx context.Context, do func(context.Context, []Change) error) error {
		clear(s.known)
		var problems log
		err := s.declared.eachUsers(&problems, func(users []User) error {
			changes, err := s.apart(func(s *scene) error {
				s.problems = &problems
				if err := s.compareUsers(ctx, users); err != nil {
					return err
				}
				return s.compareRoles(ctx, users)
			})
			if err != nil || len(problems.list) > 0 {
				return err
			}
			return do(ctx, changes)
		})
		return s.asProblems(err, &problems)
	})
}

// pruneLongUsers compares what is there with a long list of users that was compared before.
func (s *scene) pruneLongUsers(ctx context.Context) error {
	if !s.prune || s.fresh || s.declared.long == nil {
		return nil
	}
	return s.inSteps(ctx, func(ctx context.Context, do func(context.Context, []Change) error) error {
		return s.eachForeignUser(ctx, do)
	})
}

// longMembers are the members of the organizations that have long lists, of users who are there by then.
func (s *scene) longMembers(ctx context.Context) error {
	for i := range s.declared.Organizations {
		o := &s.declared.Organizations[i]
		if o.long == nil {
			continue
		}
		err := s.inSteps(ctx, func(ctx context.Context, do func(context.Context, []Change) error) error {
			return s.eachMember(ctx, o, do)
		})
		if err != nil {
			return fmt.Errorf("compare members of organization %s: %w", o.Slug, err)
		}
	}
	return nil
}
